#include "simsiam/import.h"

#include <doctest/doctest.h>

#include "simsiam/features.h"
#include "simsiam/initial_weights.h"
#include "tensor/map.h"
#include "tests/same_bits.h"
#include "tests/simsiam/foreign.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

ModelConfig network(bool bottleneck = false, Stem stem = Stem::imagenet) {
  return {.backbone = {.arch = {{2, 2, 2, 2}, bottleneck}, .width = 4, .stem = stem},
          .projector_layers = 3,
          .projector_hidden = 12,
          .dim = 10,
          .predictor_hidden = 6,
          .projector_affine = false};
}

Encoding encoded(const SimSiam& model) {
  Initializer init(9);
  return encode(model, init.normal({2, 32, 32, 3}, 1), {}, /*projection=*/true);
}

void check_refused(const TensorFile& file, const char* expected,
                   const ImportOptions& options = {}) {
  CAPTURE(expected);
  CHECK_THROWS_WITH_AS(import_network(file, options), doctest::Contains(expected), Error);
}

}  // namespace

TEST_CASE("import: a backbone as torchvision and timm name it, of any width and either stem") {
  for (const Stem stem : {Stem::cifar, Stem::imagenet}) {
    SimSiam model = used_network(network(false, stem), 5);
    TensorFile file = torchvision_file(model);
    file.tensors["fc.weight"] = Tensor::zeros({1000, 32});
    file.left_out = {"bn1.num_batches_tracked"};
    const ImportedNetwork seen = import_network(file, {});
    CHECK(!seen.heads);
    CHECK(seen.not_used == std::vector<std::string>{"fc.weight"});
    CHECK(to_text(seen.config.model.backbone.arch) == "resnet18");
    CHECK(seen.config.model.backbone.stem == stem);
    CHECK(seen.config.model.backbone.width == 4);
    CHECK(seen.config.augment.size == (stem == Stem::cifar ? 32 : 224));
    CHECK(same_bits(encoded(seen.model).backbone, encoded(model).backbone));
  }
}

TEST_CASE("import: the authors' names, with the heads; also without `module.`, and in half") {
  SimSiam model = used_network(network(), 6);
  const Encoding expected = encoded(model);
  TensorFile file = authors_file(model), bare{.source = "theirs.safetensors"};
  for (const auto& [name, tensor] : file.tensors) bare.tensors[name.substr(7)] = tensor;
  for (const TensorFile& each : {file, bare}) {
    const ImportedNetwork seen = import_network(each, {});
    CHECK(seen.heads);
    CHECK(seen.config.model.projector_layers == 3);
    CHECK(seen.config.model.projector_hidden == 12);
    CHECK(seen.config.model.dim == 10);
    CHECK(seen.config.model.predictor_hidden == 6);
    CHECK(!seen.config.model.projector_affine);
    const Encoding found = encoded(seen.model);
    CHECK(same_bits(found.backbone, expected.backbone));
    CHECK(same_bits(found.projection, expected.projection));
  }
  for (auto& [name, tensor] : bare.tensors) tensor = cast(tensor, DType::f16);
  const Encoding half = encoded(import_network(bare, {}).model);
  for (int64_t i = 0; i < half.backbone.numel(); ++i)
    CHECK(half.backbone.data<float>()[i] ==
          doctest::Approx(expected.backbone.data<float>()[i]).epsilon(0.02));
}

// BN(x + b) with running mean m is BN(x) with m - b.
TEST_CASE("import: the bias before the authors' last batch norm is a part of its mean") {
  SimSiam model = used_network(network(), 7);
  TensorFile file = authors_file(model);
  const Tensor expected = encoded(model).projection;
  const Tensor bias = Tensor::empty({10}), moved = Tensor::empty({10});
  const Tensor& mean = file.at("module.encoder.fc.7.running_mean");
  for (int i = 0; i < 10; ++i) {
    bias.data<float>()[i] = 0.25f * static_cast<float>(i) - 1;
    moved.data<float>()[i] = mean.data<float>()[i] + bias.data<float>()[i];
  }
  file.tensors["module.encoder.fc.6.bias"] = bias;
  file.tensors["module.encoder.fc.7.running_mean"] = moved;
  const Tensor seen = encoded(import_network(file, {}).model).projection;
  for (int64_t i = 0; i < seen.numel(); ++i)
    CHECK(seen.data<float>()[i] == doctest::Approx(expected.data<float>()[i]).epsilon(1e-4));
}

TEST_CASE("import: what does not fit is named") {
  SimSiam model = used_network(network(), 5);
  const TensorFile whole = torchvision_file(model), authors = authors_file(model);
  const auto without = [](TensorFile file, const std::string& name) {
    REQUIRE(file.tensors.erase(name) == 1);
    return file;
  };
  const auto with = [](TensorFile file, const std::string& name, const Shape& shape,
                       DType type = DType::f32) {
    file.tensors[name] = Tensor::zeros(shape, type);
    return file;
  };
  check_refused({.source = "theirs.safetensors"}, "neither 'conv1.weight' nor");
  check_refused(without(whole, "bn1.running_mean"), "tensor 'bn1.running_mean' is missing");
  check_refused(without(whole, "layer3.1.bn2.bias"), "tensor 'layer3.1.bn2.bias' is missing");
  check_refused(without(whole, "layer4.1.conv1.weight"), "--arch 'basic 2 2 2 1'");
  check_refused(without(whole, "layer1.0.conv1.weight"), "'layer1.0.conv1.weight' is missing");
  check_refused(whole, "tensor 'layer1.2.conv1.weight' is missing",
                {.arch = ResNetArch{{3, 4, 6, 3}, false}});
  check_refused(whole, "tensor 'layer1.0.conv1.weight' is [4, 4, 3, 3]; [4, 4, 1, 1] is needed",
                {.arch = ResNetArch{{3, 4, 6, 3}, true}});
  check_refused(with(whole, "conv1.weight", {4, 3, 5, 5}), "tensor 'conv1.weight' is [4, 3, 5, 5]");
  check_refused(with(whole, "conv1.weight", {50000, 3, 7, 7}), "'layer1.0.conv1.weight' is");
  check_refused(with(whole, "layer1.0.conv2.weight", {4, 2, 3, 3}),
                "tensor 'layer1.0.conv2.weight' is [4, 2, 3, 3]; [4, 4, 3, 3] is needed");
  check_refused(with(whole, "bn1.bias", {4}, DType::i32), "tensor 'bn1.bias' is i32");
  check_refused(with(whole, "layer1.0.se.fc1.weight", {1}), "tensor 'layer1.0.se.fc1.weight'");
  check_refused(without(authors, "module.predictor.0.weight"), "'module.predictor.0.weight' is");
  check_refused(without(authors, "module.encoder.fc.4.weight"), "'module.encoder.fc.4.weight' is");
  check_refused(with(authors, "module.queue", {8}), "tensor 'module.queue'");
  const auto filled = [&](const std::string& name, float value) {
    TensorFile file = whole;
    file.tensors[name] = Tensor::full(whole.at(name).shape(), value);
    return file;
  };
  check_refused(filled("layer1.0.bn1.weight", NAN),
                "encoder.layer1.0.bn1.weight has values that are not finite");
  check_refused(filled("bn1.running_mean", INFINITY), "encoder.bn1.running_mean has values");
  check_refused(filled("bn1.running_var", -1), "encoder.bn1.running_var has negative values");
  TensorFile odd = whole;
  odd.metadata["size"] = "large";
  check_refused(odd, "its 'size' is 'large'");
}

TEST_CASE("an imported checkpoint is read as one that was trained, and says if it has heads") {
  const ScratchFolder folder;
  SimSiam model = used_network(network(), 5);
  for (const TensorFile& file : {torchvision_file(model), authors_file(model)}) {
    ImportedNetwork imported = import_network(file, {.image_size = 32, .crop_pct = 1.0f});
    save_imported(folder / "a.safetensors", imported);
    const TrainedModel seen = load_trained(folder / "a.safetensors", Device::cpu);
    CHECK(seen.heads == imported.heads);
    CHECK(seen.epochs == 0);
    CHECK(seen.config.augment.size == 32);
    CHECK(seen.assumed.empty());
    CHECK(same_bits(encoded(seen.model).backbone, encoded(model).backbone));
  }
}

TEST_CASE("training goes on from weights: they are the first, and a part of the run's identity") {
  const ScratchFolder folder;
  const auto path = folder / "a.safetensors";
  SimSiam model = used_network(network(false, Stem::cifar), 5);
  for (const bool heads : {true, false}) {
    ImportedNetwork imported =
        import_network(heads ? authors_file(model) : torchvision_file(model), {});
    save_imported(path, imported);
    Config config = tiny();
    const ModelConfig before = config.model;
    take_network(path, config);
    CHECK(config.model.backbone.width == 4);
    CHECK(config.model.dim == (heads ? 10 : before.dim));
    config.init = weights_hash(path);
    CHECK(config.init.value != 0);
    TrainedModel initial = load_trained(path, Device::cpu);
    Trainer trainer(config, data(), &initial);
    CHECK(same_bits(encode(trainer.model(), Tensor::full({1, 8, 8, 3}, 1), config, false).backbone,
                    encode(model, Tensor::full({1, 8, 8, 3}, 1), config, false).backbone));
    train_to_end(trainer);
    trainer.save(folder / "run.safetensors");
    Trainer again(config, data(), &initial);
    again.resume(folder / "run.safetensors");
    config.init = {};
    Trainer other(config, data());
    CHECK_THROWS_WITH_AS(other.resume(folder / "run.safetensors"), doctest::Contains("init"),
                         Error);
    config.model.backbone.width = 8;
    CHECK_THROWS_WITH_AS(Trainer(config, data(), &initial),
                         doctest::Contains("its encoder.conv1.weight is [4, 3, 3, 3]"), Error);
  }
}

}  // namespace siam
