#pragma once
// Networks in the files of other programs.

#include "nn/layout.h"
#include "simsiam/checkpoint_config.h"

namespace siam {

/// A network whose running statistics and scales are not the initial ones.
inline SimSiam used_network(const ModelConfig& config, uint64_t seed) {
  Initializer init(seed);
  SimSiam model(init, config);
  const Registry registry = registry_of(model);
  for (const auto& [name, parameter] : registry.parameters) {
    const Tensor& value = parameter->value.value();
    if (value.rank() == 1) value.copy_from(init.uniform(value.shape(), 1));
  }
  for (const auto& [name, buffer] : registry.buffers) {
    buffer->copy_from(init.uniform(buffer->shape(), 1));
    if (name.ends_with("running_var"))
      for (float& value : buffer->span<float>()) value = 1.5f + value;
  }
  return model;
}

/// Its tensors in PyTorch's layout, under the names that name_of() gives; without those that get
/// none.
template <class NameOf>
TensorFile foreign_file(SimSiam& model, const NameOf& name_of) {
  TensorFile file{.source = "theirs.safetensors"};
  const Registry registry = registry_of(model);
  const auto add = [&](const std::string& name, const Tensor& value) {
    const std::string theirs = name_of(name);
    if (!theirs.empty()) file.tensors[theirs] = value.rank() == 4 ? channels_first(value) : value;
  };
  for (const auto& [name, parameter] : registry.parameters) add(name, parameter->value.value());
  for (const auto& [name, buffer] : registry.buffers) add(name, *buffer);
  return file;
}

/// As in torchvision and timm: the backbone alone.
inline TensorFile torchvision_file(SimSiam& model) {
  return foreign_file(model, [](const std::string& name) {
    const bool head = name.starts_with("encoder.fc.") || !name.starts_with("encoder.");
    return head ? "" : name.substr(8);
  });
}

/// As in the authors' files, with DistributedDataParallel.
inline TensorFile authors_file(SimSiam& model) {
  return foreign_file(model, [](const std::string& name) { return "module." + name; });
}

}  // namespace siam
