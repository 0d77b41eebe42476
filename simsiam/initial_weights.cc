#include "simsiam/initial_weights.h"

#include "simsiam/training_state.h"
#include "tensor/io/hash.h"
#include "tensor/io/read_file.h"

namespace siam {

WeightsHash weights_hash(const std::filesystem::path& path) {
  Checksum checksum;
  checksum.add(read_file(path));
  WeightsHash hash;
  from_text(checksum.digits(), hash);
  return hash;
}

void take_network(const std::filesystem::path& path, Config& config) {
  const TensorFile file = load_training_state(path);
  const Config theirs = checkpoint_config(file);
  if (has_heads(file))
    config.model = theirs.model;
  else
    config.model.backbone = theirs.model.backbone;
  std::copy(std::begin(theirs.augment.mean), std::end(theirs.augment.mean), config.augment.mean);
  std::copy(std::begin(theirs.augment.deviation), std::end(theirs.augment.deviation),
            config.augment.deviation);
}

SimSiam initial_model(const Config& config, TrainedModel* initial) {
  Initializer init(config.seed);
  SimSiam model(init, config.model);
  if (initial == nullptr) return model;
  std::map<std::string, Tensor> theirs;
  const Registry source = registry_of(initial->model), target = registry_of(model);
  for (const auto& [name, parameter] : source.parameters) theirs[name] = parameter->value.value();
  for (const auto& [name, buffer] : source.buffers) theirs[name] = *buffer;
  const auto take = [&](const std::string& name, const Tensor& to) {
    if (is_head(name) && !initial->heads) return;
    const auto found = theirs.find(name);
    const std::string seen =
        found == theirs.end() ? "missing" : fmt::format("{}", found->second.shape());
    check(found != theirs.end() && found->second.shape() == to.shape(),
          "--init: its {} is {}, this network's {}; the network of its weights is needed; leave "
          "out the options that change it",
          name, seen, to.shape());
    to.copy_from(found->second);
  };
  for (const auto& [name, parameter] : target.parameters) take(name, parameter->value.value());
  for (const auto& [name, buffer] : target.buffers) take(name, *buffer);
  return model;
}

}  // namespace siam
