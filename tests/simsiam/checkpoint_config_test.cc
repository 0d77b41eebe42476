#include "simsiam/checkpoint_config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "nn/checkpoint.h"
#include "simsiam/export.h"
#include "simsiam/features.h"
#include "simsiam/learning_rates.h"
#include "simsiam/training_state.h"
#include "tests/scratch.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

Json entries(const Config& config) {
  Json json;
  for (const auto& [name, value] : describe(config))
    std::visit([&](const auto& v) { json[name] = v; }, value);
  return json;
}

TensorFile file_with(const Json& run) {
  return {.metadata = {{"run", run.dump()}}, .source = "some.safetensors"};
}

// Every setting is another than the default.
Config unusual() {
  Config c;
  c.model = {.backbone = {.blocks = {1, 2, 3, 1},
                          .bottleneck = false,
                          .width = 12,
                          .imagenet_stem = false,
                          .zero_init_residual = false},
             .projector_layers = 2,
             .projector_hidden = 24,
             .dim = 20,
             .predictor_hidden = 10,
             .predictor = Predictor::fixed,
             .head_norm = HeadNorm::all,
             .projector_affine = false};
  c.loss = {.similarity = Similarity::cross_entropy, .symmetric = false};
  c.objective = {
      .method = Method::byol, .steps_per_target = 10, .momentum = 0.99, .temperature = 0.1};
  c.augment.size = 16;
  c.augment.blur_probability = 0;
  c.augment.crop_pct = 1;
  c.epochs = 7;
  c.batch_size = 20;
  c.base_learning_rate = 0.3;
  c.momentum = 0.8;
  c.weight_decay = 5e-4;
  c.micro_batch = 3;
  c.warmup_epochs = 2;
  c.constant_predictor_rate = true;
  c.seed = 12;
  c.precision = DType::bf16;
  c.device = Device::cuda;
  c.train_samples = 100;
  c.test_samples = 50;
  c.knn = {.k = 20, .temperature = 0.07};
  return c;
}

}  // namespace

TEST_CASE("a configuration survives the way through a checkpoint, every setting of it") {
  const Json expected = entries(unusual()), standard = entries(Config{});
  // stop_gradient and pairs do not go together with the others: on their own below.
  const std::set<std::string> apart = {"stop_gradient", "pairs"};
  for (const auto& [name, value] : expected.items()) {
    CAPTURE(name);
    CHECK((value != standard.at(name) || apart.count(name) == 1));
  }
  CHECK(entries(checkpoint_config(file_with(expected))) == expected);
  Config without;
  without.loss.stop_gradient = false;
  without.loss.pairs = 2;
  CHECK(entries(checkpoint_config(file_with(entries(without)))) == entries(without));
}

TEST_CASE("settings that are missing, unknown, or impossible are errors that name them") {
  const auto fails = [](const auto& change, const std::string& expected) {
    Json json = entries(unusual());
    change(json);
    CAPTURE(expected);
    CHECK_THROWS_WITH_AS(checkpoint_config(file_with(json)), doctest::Contains(expected.c_str()),
                         Error);
  };
  fails([](Json& j) { j.erase("dim"); }, "without a setting 'dim'");
  fails([](Json& j) { j["charm"] = 1; }, "a setting 'charm'");
  fails([](Json& j) { j["predictor"] = "large"; }, "predictor = \"large\"");
  fails([](Json& j) { j["width"] = "wide"; }, "width = \"wide\"");
  fails([](Json& j) { j["width"] = 1.5; }, "width = 1.5");
  fails([](Json& j) { j["width"] = 1e300; }, "width = 1e+300; a value of another kind");
  fails([](Json& j) { j["epochs"] = 1e300; }, "epochs = 1e+300; a value of another kind");
  fails([](Json& j) { j["epochs"] = 4294967303; }, "epochs = 4294967303");
  fails([](Json& j) { j["width"] = 0; }, "--width 0");
  fails([](Json& j) { j["blocks"] = "2 2 2"; }, "blocks = \"2 2 2\"");
  CHECK_THROWS_WITH_AS(checkpoint_config({.metadata = {{"run", "{"}}}),
                       doctest::Contains("'run' is damaged"), Error);
  CHECK_THROWS_WITH_AS(checkpoint_config({}), doctest::Contains("not a training state"), Error);
}

TEST_CASE("a checkpoint gives the same features; the export has torchvision's names and layout") {
  Config config = unusual();
  config.device = Device::cpu;
  config.precision = DType::f32;
  Initializer init(3);
  SimSiam model(init, config.model);
  Registry registry;
  model.visit(registry);
  FlatParameters parameters(registry, Device::cpu, DType::f32);
  Json run = entries(config);
  run["data"] = "0123";
  const ScratchFolder folder;
  RunProgress progress{{.epoch = 4}, {}};
  for (int epoch = 1; epoch <= 4; ++epoch)
    progress.history.push_back({.epoch = epoch,
                                .loss = 3,
                                .std = 1,
                                .learning_rate = learning_rates(config, epoch - 1).encoder,
                                .seconds = 1});
  save_checkpoint(folder / "a.safetensors", registry, parameters,
                  training_state_metadata(run.dump(), progress));
  TrainedModel loaded = load_trained(folder / "a.safetensors", Device::cpu);
  CHECK(loaded.data == "0123");
  CHECK(loaded.epochs == 4);
  const Tensor images = init.normal({3, 16, 16, 3}, 1);
  const Encoding expected = encode(model, images, config, true);
  const Encoding seen = encode(loaded.model, images, loaded.config, true);
  CHECK(std::memcmp(seen.backbone.raw(), expected.backbone.raw(), expected.backbone.bytes()) == 0);
  CHECK(std::memcmp(seen.projection.raw(), expected.projection.raw(),
                    expected.projection.bytes()) == 0);

  const TensorFile exported = torchvision_backbone(loaded.model, loaded.config.augment);
  CHECK(exported.metadata.at("transform") == torchvision_transform(config.augment));
  CHECK(exported.tensors.count("fc.0.weight") == 0);
  CHECK(exported.at("layer4.0.downsample.1.running_var").shape() == Shape{96});
  const Tensor& theirs = exported.at("conv1.weight");
  const Tensor ours = model.backbone.conv1.weight.value.value();
  REQUIRE(theirs.shape() == Shape{12, 3, 3, 3});
  for (int64_t k = 0; k < 12; ++k)
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t rs = 0; rs < 9; ++rs)
        CHECK(theirs.data<float>()[(k * 3 + c) * 9 + rs] ==
              ours.data<float>()[(k * 9 + rs) * 3 + c]);
  CHECK(exported.at("layer2.0.conv1.weight").shape() == Shape{24, 12, 3, 3});

  // Sizes are compared with the tensors before memory is taken: these would need terabytes.
  const auto refused = [&](const char* setting, const Json& value, const char* expected) {
    Json changed = run;
    changed[setting] = value;
    save_checkpoint(folder / "b.safetensors", registry, parameters,
                    training_state_metadata(changed.dump(), progress));
    CHECK_THROWS_WITH_AS(load_trained(folder / "b.safetensors", Device::cpu),
                         doctest::Contains(expected), Error);
  };
  refused("projector_hidden", 60000, "encoder.fc.0.weight is");
  refused("projector_layers", 100, "encoder.fc.3.weight is");
  refused("predictor_hidden", 60000, "predictor.0.weight is");
  refused("blocks", "1 2 3 1000", "there is no tensor 'encoder.layer4.1.conv1.weight'");
  refused("bottleneck", true, "encoder.layer1.0.conv1.weight is");
  refused("width", 65536, "encoder.conv1.weight is");
}

}  // namespace siam
