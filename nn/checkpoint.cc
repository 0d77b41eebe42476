#include "nn/checkpoint.h"

#include <algorithm>

#include "tensor/reduce.h"

namespace siam {

namespace {

const std::string kMomentum = "optimizer.momentum.";

// Every tensor of the state under its name, as views of live memory.
std::map<std::string, Tensor> state(const Registry& registry, const FlatParameters& parameters) {
  std::map<std::string, Tensor> tensors;
  for (const auto& entry : parameters.entries()) {
    tensors[entry.name] = parameters.view(parameters.values, entry);
    tensors[kMomentum + entry.name] = parameters.view(parameters.momentum, entry);
  }
  for (const auto& [name, buffer] : registry.buffers) tensors[name] = *buffer;
  return tensors;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Registry& registry,
                     const FlatParameters& parameters,
                     const std::map<std::string, std::string>& counters) {
  save_safetensors(path, {state(registry, parameters), counters});
}

uint64_t checkpoint_bytes(const Registry& registry, const FlatParameters& parameters) {
  constexpr uint64_t kEntry = 72;  // of the header: type, shape and position, without the name
  uint64_t bytes = 0;
  for (const auto& [name, tensor] : state(registry, parameters))
    bytes += tensor.bytes() + name.size() + kEntry;
  return bytes;
}

void restore_checkpoint(const TensorFile& file, const Registry& registry,
                        FlatParameters& parameters) {
  const std::map<std::string, Tensor> live = state(registry, parameters);
  for (const auto& [name, tensor] : live) {
    const Tensor& stored = file.at(name);
    check(
        stored.shape() == tensor.shape() && stored.dtype() == tensor.dtype(),
        "{}: {} is {} {}; this model has {} {}; use the configuration the checkpoint was made with",
        file.source, name, stored.dtype(), stored.shape(), tensor.dtype(), tensor.shape());
  }
  for (const auto& [name, tensor] : live) tensor.copy_from(file.at(name));
  parameters.refresh();
}

void check_weights(const Registry& registry, const std::string& source) {
  const auto check_one = [&](const std::string& name, const Tensor& tensor) {
    check(all_finite(tensor),
          "{}: {} has values that are not finite; finite ones are needed; use another copy of the "
          "file, or an earlier checkpoint",
          source, name);
    if (!name.ends_with("running_var")) return;
    const Tensor host = tensor.to(Device::cpu);
    check(std::ranges::all_of(host.span<float>(), [](float variance) { return variance >= 0; }),
          "{}: {} has negative values; variances are needed; use another copy of the file", source,
          name);
  };
  for (const auto& [name, parameter] : registry.parameters)
    check_one(name, parameter->value.value());
  for (const auto& [name, buffer] : registry.buffers) check_one(name, *buffer);
}

}  // namespace siam
