#include "simsiam/checkpoint_config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "nn/checkpoint.h"
#include "simsiam/config_table.h"
#include "simsiam/run_identity.h"
#include "simsiam/setting_text.h"
#include "simsiam/training_state.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

// False if the value is of another kind than the member, or out of its type's range.
template <class Member>
bool read_value(const Json& value, Member& member) {
  if constexpr (std::is_same_v<Member, bool>) {
    if (!value.is_boolean()) return false;
    member = value;
  } else if constexpr (std::is_integral_v<Member>) {
    // 64-bit seeds are written as signed numbers.
    if (!value.is_number_integer()) return false;
    const int64_t number = value.get<int64_t>();
    member = static_cast<Member>(number);
    if (static_cast<int64_t>(member) != number || (value.is_number_unsigned() && number < 0))
      return false;
  } else if constexpr (std::is_floating_point_v<Member>) {
    if (!value.is_number()) return false;
    const double number = value;
    if (std::abs(number) > std::numeric_limits<Member>::max()) return false;
    member = static_cast<Member>(number);
  } else {
    return value.is_string() && from_text(value.get<std::string>(), member);
  }
  return true;
}

template <class Member>
void read_setting(const std::string& source, const Setting& setting, const Json& value,
                  Member& member) {
  const bool named = value.is_string() && std::is_enum_v<Member>;
  check(read_value(value, member), "{}: made with {} = {}; a value {} is needed; use {}", source,
        setting.name, value.dump(), named ? "that this version knows" : "of another kind",
        named ? "the version that made it" : "another copy");
}

// Translates the settings of older versions into current ones.
void translate(Json& run) {
  if (run.contains("blocks") && run.contains("bottleneck") && run.at("blocks").is_string() &&
      run.at("bottleneck").is_boolean()) {
    run["arch"] = fmt::format("{} {}", run.at("bottleneck").get<bool>() ? "bottleneck" : "basic",
                              run.at("blocks").get<std::string>());
    run.erase("blocks");
    run.erase("bottleneck");
  }
  if (run.contains("imagenet_stem") && run.at("imagenet_stem").is_boolean()) {
    run["stem"] = name_of(run.at("imagenet_stem").get<bool>() ? Stem::imagenet : Stem::cifar);
    run.erase("imagenet_stem");
  }
}

// An object with a member per setting.
Json run_of(const TensorFile& file) {
  Json run = metadata_json(file, "run");
  check(run.is_object(), "{}: its 'run' is damaged; an object is needed; use another copy",
        file.source);
  translate(run);
  return run;
}

// Old checkpoints lack settings that were added since. But a network's tensors depend on all its
// settings, so no default is assumed for these.
bool may_lack(const Setting& setting) {
  return setting.stated != Stated::always || setting.group != Group::network;
}

// Checks the sizes against the file's own tensors, before memory is allocated for them: for every
// layer that is not smaller than another one of its block.
void check_sizes(const TensorFile& file, const ModelConfig& model) {
  const auto need = [&](const std::string& name, const Shape& shape) {
    check(file.at(name).shape() == shape,
          "{}: {} is {}, its configuration says {}; a whole checkpoint is needed; use another copy",
          file.source, name, file.at(name).shape(), shape);
  };
  const ResNetConfig& net = model.backbone;
  const int stem = net.stem == Stem::imagenet ? 7 : 3, kernel = net.arch.bottleneck ? 1 : 3;
  need("encoder.conv1.weight", {net.width, stem, stem, 3});
  for (const BlockPlace& block : blocks_of(net))
    need("encoder." + block.name + ".conv1.weight", {block.width, kernel, kernel, block.in});
  int64_t in = net.feature_width();
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

bool has_heads(const TensorFile& file) {
  const auto heads = file.metadata.find("heads");
  return heads == file.metadata.end() || heads->second != "untrained";
}

std::vector<std::string> missing_settings(const TensorFile& file) {
  const Json stored = run_of(file);
  std::vector<std::string> missing;
  for (const auto& [setting, value] : settings_of({}))
    if (setting.stated == Stated::always && !stored.contains(setting.name))
      missing.push_back(setting.name);
  return missing;
}

Config checkpoint_config(const TensorFile& file) {
  const Json stored = run_of(file);
  std::set<std::string> left;
  for (const auto& [name, ignored] : stored.items()) left.insert(name);
  for (const char* name : kBesideSettings) left.erase(name);
  Config config = settled({});
  for_each_setting(config, [&](const Setting& setting, auto& member) {
    if (left.erase(setting.name) == 1)
      read_setting(file.source, setting, stored.at(setting.name), member);
    else
      check(may_lack(setting),
            "{}: made without a setting '{}'; all settings of a network are needed; use the "
            "version that made it",
            file.source, setting.name);
  });
  check(left.empty(),
        "{}: made with a setting '{}'; one that this version knows is needed; use the version that "
        "made it",
        file.source, left.empty() ? "" : *left.begin());
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
  FlatParameters parameters(registry, Device::cpu, DType::f32);
  restore_checkpoint(file, registry, parameters);
  check_weights(registry, file.source);
  // Moves the network, whose tensors keep the buffers.
  if (device != Device::cpu) FlatParameters(registry, device, DType::f32, /*trained=*/false);
  return {config,
          std::move(model),
          run.at("data").get<std::string>(),
          progress.position.epoch,
          missing_settings(file),
          has_heads(file)};
}

}  // namespace siam
