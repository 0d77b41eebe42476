#include "simsiam/checkpoint_config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "nn/checkpoint.h"
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

// Every setting differs from its default.
Config unusual() {
  Config c;
  c.model = {.backbone = {.arch = {{1, 2, 3, 1}, false},
                          .width = 12,
                          .stem = Stem::cifar,
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
  c.augment = {.size = 16,
               .min_scale = 0.1f,
               .max_scale = 0.9f,
               .max_aspect = 1.5f,
               .jitter_probability = 0.7f,
               .brightness = 0.3f,
               .contrast = 0.2f,
               .saturation = 0.1f,
               .hue = 0.05f,
               .gray_probability = 0.3f,
               .blur_probability = 0,
               .min_sigma = 0.2f,
               .max_sigma = 1.9f,
               .flip_probability = 0.4f,
               .crop_pct = 1,
               .mean = {0.5f, 0.4f, 0.3f},
               .deviation = {0.3f, 0.2f, 0.1f}};
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
  c.knn_every = 2;
  return c;
}

}  // namespace

TEST_CASE("a configuration survives the way through a checkpoint, every setting of it") {
  const Json expected = entries(unusual()), standard = entries(Config{});
  // stop_gradient and pairs cannot be combined with the others: tested separately below.
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
  fails([](Json& j) { j["arch"] = "basic 2 2 2"; }, "arch = \"basic 2 2 2\"");
  CHECK_THROWS_WITH_AS(checkpoint_config({.metadata = {{"run", "{"}}}),
                       doctest::Contains("'run' is damaged"), Error);
  CHECK_THROWS_WITH_AS(checkpoint_config({}), doctest::Contains("not a training state"), Error);
}

TEST_CASE("what an old checkpoint lacks is the default, and can be told") {
  Json json = entries(unusual());
  json["data"] = "0123";
  CHECK(missing_settings(file_with(json)).empty());
  for (const char* name : {"hue", "min_scale", "knn_every"}) json.erase(name);
  const Config config = checkpoint_config(file_with(json));
  CHECK(config.augment.hue == Config{}.augment.hue);
  CHECK(config.augment.min_scale == Config{}.augment.min_scale);
  CHECK(config.knn_every == Config{}.knn_every);
  CHECK(config.augment.contrast == 0.2f);
  CHECK(missing_settings(file_with(json)) ==
        std::vector<std::string>{"knn_every", "min_scale", "hue"});
}

TEST_CASE("the network of a checkpoint from before --arch and --stem is the same") {
  const auto network = [](const char* blocks, bool bottleneck, bool imagenet_stem) {
    Json json = entries(unusual());
    json.erase("arch");
    json.erase("stem");
    json["blocks"] = blocks;
    json["bottleneck"] = bottleneck;
    json["imagenet_stem"] = imagenet_stem;
    CHECK(missing_settings(file_with(json)).empty());
    return checkpoint_config(file_with(json)).model.backbone;
  };
  CHECK(network("1 2 3 1", false, false).arch == unusual().model.backbone.arch);
  CHECK(to_text(network("2 2 2 2", false, false).arch) == "resnet18");
  CHECK(to_text(network("3 4 6 3", true, true).arch) == "resnet50");
  CHECK(network("3 4 6 3", true, true).stem == Stem::imagenet);
  CHECK(network("3 4 6 3", true, false).stem == Stem::cifar);
  CHECK_THROWS_WITH_AS(network("2 2", true, false), doctest::Contains("arch = \"bottleneck 2 2\""),
                       Error);
}

TEST_CASE("a checkpoint gives the same features, and is refused if its sizes are others") {
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
  const auto size = static_cast<double>(std::filesystem::file_size(folder / "a.safetensors"));
  CHECK(std::abs(static_cast<double>(checkpoint_bytes(registry, parameters)) - size) < 8192);
  TrainedModel loaded = load_trained(folder / "a.safetensors", Device::cpu);
  CHECK(loaded.data == "0123");
  CHECK(loaded.epochs == 4);
  const Tensor images = init.normal({3, 16, 16, 3}, 1);
  const Encoding expected = encode(model, images, config, true);
  const Encoding seen = encode(loaded.model, images, loaded.config, true);
  CHECK(std::memcmp(seen.backbone.raw(), expected.backbone.raw(), expected.backbone.bytes()) == 0);
  CHECK(std::memcmp(seen.projection.raw(), expected.projection.raw(),
                    expected.projection.bytes()) == 0);

  // Sizes are compared with the tensors before memory is allocated: these would need terabytes.
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
  refused("arch", "basic 1 2 3 1000", "there is no tensor 'encoder.layer4.1.conv1.weight'");
  refused("arch", "bottleneck 1 2 3 1", "encoder.layer1.0.conv1.weight is");
  refused("width", 65536, "encoder.conv1.weight is");
}

}  // namespace siam
