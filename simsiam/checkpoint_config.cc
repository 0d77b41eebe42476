#include "simsiam/checkpoint_config.h"

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "nn/checkpoint.h"
#include "simsiam/training_state.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

// The member of an enumeration with that name; the first of them otherwise, which the comparison
// with describe() then finds out.
template <class E>
E named(const Json& name, std::initializer_list<E> members) {
  for (const E each : members)
    if (name.get<std::string>() == name_of(each)) return each;
  return *members.begin();
}

std::array<int, 4> blocks_from(const Json& text) {
  std::array<int, 4> blocks{};
  std::istringstream words(text.get<std::string>());
  for (int& each : blocks) words >> each;
  return blocks;
}

struct Field {
  const char* name;
  void (*set)(Config& config, const Json& value);
};

// One for each entry of describe().
constexpr Field kFields[] = {
    {"blocks", [](Config& c, const Json& v) { c.model.backbone.blocks = blocks_from(v); }},
    {"bottleneck", [](Config& c, const Json& v) { c.model.backbone.bottleneck = v; }},
    {"width", [](Config& c, const Json& v) { c.model.backbone.width = v; }},
    {"imagenet_stem", [](Config& c, const Json& v) { c.model.backbone.imagenet_stem = v; }},
    {"zero_init_residual",
     [](Config& c, const Json& v) { c.model.backbone.zero_init_residual = v; }},
    {"projector_layers", [](Config& c, const Json& v) { c.model.projector_layers = v; }},
    {"projector_hidden", [](Config& c, const Json& v) { c.model.projector_hidden = v; }},
    {"projector_affine", [](Config& c, const Json& v) { c.model.projector_affine = v; }},
    {"dim", [](Config& c, const Json& v) { c.model.dim = v; }},
    {"predictor_hidden", [](Config& c, const Json& v) { c.model.predictor_hidden = v; }},
    {"predictor",
     [](Config& c, const Json& v) {
       c.model.predictor = named(v, {Predictor::learned, Predictor::fixed, Predictor::none});
     }},
    {"head_norm",
     [](Config& c, const Json& v) {
       c.model.head_norm =
           named(v, {HeadNorm::none, HeadNorm::hidden, HeadNorm::standard, HeadNorm::all});
     }},
    {"method",
     [](Config& c, const Json& v) {
       c.objective.method = named(v, {Method::simsiam, Method::alternating, Method::expectation,
                                      Method::simclr, Method::byol});
     }},
    {"steps_per_target", [](Config& c, const Json& v) { c.objective.steps_per_target = v; }},
    {"target_momentum", [](Config& c, const Json& v) { c.objective.momentum = v; }},
    {"temperature", [](Config& c, const Json& v) { c.objective.temperature = v; }},
    {"stop_gradient", [](Config& c, const Json& v) { c.loss.stop_gradient = v; }},
    {"similarity",
     [](Config& c, const Json& v) {
       c.loss.similarity = named(v, {Similarity::cosine, Similarity::cross_entropy});
     }},
    {"symmetric", [](Config& c, const Json& v) { c.loss.symmetric = v; }},
    {"pairs", [](Config& c, const Json& v) { c.loss.pairs = v; }},
    {"image_size", [](Config& c, const Json& v) { c.augment.size = v; }},
    {"blur_probability", [](Config& c, const Json& v) { c.augment.blur_probability = v; }},
    {"crop_pct", [](Config& c, const Json& v) { c.augment.crop_pct = v; }},
    {"epochs", [](Config& c, const Json& v) { c.epochs = v; }},
    {"batch_size", [](Config& c, const Json& v) { c.batch_size = v; }},
    {"micro_batch", [](Config& c, const Json& v) { c.micro_batch = v; }},
    {"base_learning_rate", [](Config& c, const Json& v) { c.base_learning_rate = v; }},
    {"momentum", [](Config& c, const Json& v) { c.momentum = v; }},
    {"weight_decay", [](Config& c, const Json& v) { c.weight_decay = v; }},
    {"warmup_epochs", [](Config& c, const Json& v) { c.warmup_epochs = v; }},
    {"constant_predictor_rate", [](Config& c, const Json& v) { c.constant_predictor_rate = v; }},
    {"seed", [](Config& c, const Json& v) { c.seed = static_cast<uint64_t>(v.get<int64_t>()); }},
    {"precision",
     [](Config& c, const Json& v) {
       c.precision = named(v, {DType::f32, DType::bf16, DType::f16});
     }},
    {"device",
     [](Config& c, const Json& v) {
       c.device = named(v, {Device::cpu, Device::cuda});
     }},
    {"train_samples", [](Config& c, const Json& v) { c.train_samples = v; }},
    {"test_samples", [](Config& c, const Json& v) { c.test_samples = v; }},
    {"knn_k", [](Config& c, const Json& v) { c.knn.k = v; }},
    {"knn_temperature", [](Config& c, const Json& v) { c.knn.temperature = v; }},
    {"loss_scale", [](Config& c, const Json& v) { c.loss_scale = v; }},
    {"tf32", [](Config& c, const Json& v) { c.tf32 = v; }},
    {"deterministic", [](Config& c, const Json& v) { c.deterministic = v; }},
};

// What the file's own tensors say about the sizes, before memory is taken for them: every layer
// that is not smaller than another one of its block.
void check_sizes(const TensorFile& file, const ModelConfig& model) {
  constexpr int64_t kMost = 65536;
  const auto& blocks = model.backbone.blocks;
  const bool possible =
      std::all_of(blocks.begin(), blocks.end(), [](int n) { return 1 <= n && n <= 1000; }) &&
      1 <= model.projector_layers && model.projector_layers <= 100 && 1 <= model.projector_hidden &&
      model.projector_hidden <= kMost && 1 <= model.predictor_hidden &&
      model.predictor_hidden <= kMost;
  check(possible,
        "{}: its configuration has impossible sizes; those of a network are needed; use another "
        "copy",
        file.source);
  const auto need = [&](const std::string& name, const Shape& shape) {
    check(file.at(name).shape() == shape,
          "{}: {} is {}, its configuration says {}; a whole checkpoint is needed; use another copy",
          file.source, name, file.at(name).shape(), shape);
  };
  const ResNetConfig& net = model.backbone;
  const int stem = net.imagenet_stem ? 7 : 3, kernel = net.bottleneck ? 1 : 3;
  need("encoder.conv1.weight", {net.width, stem, stem, 3});
  int64_t in = net.width;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t width = net.width << stage;
    for (int block = 0; block < blocks[stage]; ++block) {
      need(fmt::format("encoder.layer{}.{}.conv1.weight", stage + 1, block),
           {width, kernel, kernel, in});
      in = width * (net.bottleneck ? 4 : 1);
    }
  }
  // A linear layer, its batch norm, ReLU.
  const int modules = model.head_norm == HeadNorm::none ? 2 : 3;
  for (int layer = 0; layer < model.projector_layers; ++layer) {
    const int64_t out = layer + 1 < model.projector_layers ? model.projector_hidden : model.dim;
    need(fmt::format("encoder.fc.{}.weight", layer * modules), {out, in});
    in = out;
  }
  if (model.predictor != Predictor::none) {
    need("predictor.0.weight", {model.predictor_hidden, model.dim});
    need(fmt::format("predictor.{}.weight", modules), {model.dim, model.predictor_hidden});
  }
}

}  // namespace

Config checkpoint_config(const TensorFile& file) {
  const Json stored = metadata_json(file, "run");
  check(stored.is_object(), "{}: its 'run' is damaged; an object is needed; use another copy",
        file.source);
  const auto known = [](const std::string& name) {
    return std::find_if(std::begin(kFields), std::end(kFields),
                        [&](const Field& field) { return field.name == name; });
  };
  Config config;
  std::set<std::string> whole_numbers;
  for (const auto& [name, value] : describe(config))
    if (std::holds_alternative<int64_t>(value)) whole_numbers.insert(name);
  for (const auto& [name, value] : stored.items()) {
    if (name == "data") continue;
    const Field* field = known(name);
    check(field != std::end(kFields),
          "{}: made with a setting '{}'; one that this version knows is needed; use the version "
          "that made it",
          file.source, name);
    // The library would turn any number into a whole one, in range or not.
    bool possible = !whole_numbers.contains(name) || value.is_number_integer();
    try {
      if (possible) field->set(config, value);
    } catch (const Json::exception&) {
      possible = false;
    }
    check(possible, "{}: made with {} = {}; a value of another kind is needed; use another copy",
          file.source, name, value.dump());
  }
  for (const auto& [name, value] : describe(config)) {
    check(stored.contains(name),
          "{}: made without a setting '{}'; all settings of this version are needed; use the "
          "version that made it",
          file.source, name);
    const Json understood = std::visit([](const auto& v) { return Json(v); }, value);
    check(understood == stored.at(name),
          "{}: made with {} = {}; a value that this version knows is needed; use the version that "
          "made it",
          file.source, name, stored.at(name).dump());
  }
  try {
    check_config(config);
  } catch (const Error& error) {
    fail("{}: its configuration is not possible: {}", file.source, error.what());
  }
  return config;
}

TrainedModel load_trained(const std::filesystem::path& path, Device device) {
  const TensorFile file = load_training_state(path);
  Config config = checkpoint_config(file);
  check_sizes(file, config.model);
  const RunProgress progress = run_progress(file, config, /*steps_per_epoch=*/0);
  const Json run = metadata_json(file, "run");
  check(run.contains("data") && run.at("data").is_string(),
        "{}: made without a setting 'data'; the fingerprint of its images is needed; use another "
        "copy",
        file.source);
  config.device = device;
  config.precision = DType::f32;
  Initializer init(config.seed);
  SimSiam model(init, config.model);
  const Registry registry = registry_of(model);
  FlatParameters parameters(registry, device, DType::f32);
  restore_checkpoint(file, file.source, registry, parameters);
  return {config, std::move(model), run.at("data").get<std::string>(), progress.position.epoch};
}

}  // namespace siam
