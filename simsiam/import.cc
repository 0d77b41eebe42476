#include "simsiam/import.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "nn/checkpoint.h"
#include "nn/layout.h"
#include "simsiam/foreign_names.h"
#include "simsiam/run_identity.h"
#include "simsiam/setting_text.h"
#include "simsiam/training_state.h"
#include "tensor/map.h"

namespace siam {

namespace {

// Copies a tensor of the file, in any floating type and in PyTorch's layout.
void take(ForeignTensors& file, const std::string& ours, const Tensor& to) {
  const std::string name = file.name_of(ours);
  const Shape& shape = to.shape();
  const bool filter = shape.rank() == 4;
  const Shape needed = filter ? Shape{shape[0], shape[3], shape[1], shape[2]} : shape;
  const Tensor value = cast(file.take(name, needed), DType::f32);
  to.copy_from(filter ? channels_last(value) : value);
}

// The authors' last projection layer has a bias before a batch norm, which cancels it: the bias is
// folded into the running mean, with the same result.
void fold_biases(ForeignTensors& file, Mlp& mlp, const std::string& prefix) {
  int index = 0;
  for (Mlp::Layer& layer : mlp.layers) {
    const std::string bias = fmt::format("{}{}.bias", prefix, index);
    index += 1 + layer.norm.has_value() + layer.relu;
    if (!layer.norm || !file.has(file.name_of(bias))) continue;
    const Tensor& mean = layer.norm->state.running_mean;
    const Tensor shift = cast(file.take(file.name_of(bias), mean.shape()), DType::f32);
    for (int64_t i = 0; i < mean.numel(); ++i) mean.data<float>()[i] -= shift.data<float>()[i];
  }
}

void read_list(const TensorFile& file, const char* name, float (&list)[3]) {
  const auto text = file.metadata.find(name);
  if (text == file.metadata.end()) return;
  check(from_text(text->second, list), "{}: its '{}' is '{}'; three numbers are needed; correct it",
        file.source, name, text->second);
}

void read_number(const TensorFile& file, const char* name, int& number) {
  const auto text = file.metadata.find(name);
  if (text == file.metadata.end()) return;
  const char* end = text->second.data() + text->second.size();
  const auto [rest, problem] = std::from_chars(text->second.data(), end, number);
  check(rest == end && problem == std::errc() && 0 < number && number < 100'000,
        "{}: its '{}' is '{}'; pixels a side are needed; correct it", file.source, name,
        text->second);
}

// How images are preprocessed: as requested, as our export says, or the usual way.
AugmentConfig images_of(const TensorFile& file, const ImportOptions& options, Stem stem) {
  AugmentConfig images;
  if (stem == Stem::cifar) images.size = 32, images.crop_pct = 1;
  read_number(file, "size", images.size);
  int resized = augment_math::resized_side(images);
  read_number(file, "resize", resized);
  if (resized != augment_math::resized_side(images))
    images.crop_pct = static_cast<float>(images.size) / static_cast<float>(resized);
  read_list(file, "mean", images.mean);
  read_list(file, "std", images.deviation);
  images.size = options.image_size.value_or(images.size);
  images.crop_pct = options.crop_pct.value_or(images.crop_pct);
  return images;
}

}  // namespace

ImportedNetwork import_network(const TensorFile& source, const ImportOptions& options) {
  ForeignTensors file(source);
  Config config;
  config.model.backbone = file.backbone(options.arch);
  const bool heads = file.heads(config.model);
  config.augment = images_of(source, options, config.model.backbone.stem);
  check_config(config);
  Initializer init(config.seed);
  ImportedNetwork network{config, SimSiam(init, config.model), heads, {}, "unknown", {}};
  const Registry registry = registry_of(network.model);
  const auto foreign = [&](const std::string& name) { return heads || !is_head(name); };
  for (const auto& [name, parameter] : registry.parameters)
    if (foreign(name)) take(file, name, parameter->value.value());
  for (const auto& [name, buffer] : registry.buffers)
    if (foreign(name)) take(file, name, *buffer);
  if (heads) fold_biases(file, network.model.projector, "encoder.fc.");
  check_weights(registry, source.source);
  network.not_used = file.rest();
  if (const auto data = source.metadata.find("data"); data != source.metadata.end())
    network.data = data->second;
  const ResNetConfig& net = config.model.backbone;
  network.kind = fmt::format("{} with the {} stem, width {}, {} heads", to_text(net.arch),
                             net.stem == Stem::cifar ? "CIFAR" : "ImageNet", net.width,
                             heads ? "with" : "without");
  return network;
}

void save_imported(const std::filesystem::path& path, ImportedNetwork& network) {
  const Registry registry = registry_of(network.model);
  const FlatParameters parameters(registry, Device::cpu, DType::f32);
  auto metadata = training_state_metadata(run_identity(network.config, network.data).dump(), {});
  metadata["imported"] = network.kind;
  metadata["heads"] = network.heads ? "trained" : "untrained";
  save_checkpoint(path, registry, parameters, metadata);
}

}  // namespace siam
