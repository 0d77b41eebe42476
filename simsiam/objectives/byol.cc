#include "simsiam/objectives/byol.h"

#include "tensor/moving_average.h"

namespace siam {

Byol::Byol(const Config& config, const SimSiam& model, const Communicator& ranks)
    : model_(model),
      loss_(config.loss),
      mode_(training_mode(config, ranks)),
      momentum_(config.objective.momentum),
      target_(model),  // the same values, which parameters_ copies
      target_registry_(registry_of(target_)),
      parameters_(target_registry_, config.device, config.precision, /*trained=*/false) {}

Byol::Result Byol::operator()(const Views& views) {
  // updated() and checkpoints change `values` only; this renews their rounded copies.
  parameters_.refresh();
  const auto [z, p] = model_(views.images, mode_);
  const auto project = [&] {
    const NoGrad no_grad;
    return target_.projector(target_.backbone(views.images, mode_), mode_);
  };
  return {simsiam_loss(p, project(), loss_), z.value()};
}

void Byol::updated(const FlatParameters& online, const Tensor& finite) {
  moving_average(parameters_.values, online.values, momentum_, finite);
  parameters_.keep_buffers(finite);
}

void Byol::visit(Registry& registry) {
  registry.buffer("byol.parameters", parameters_.values);
  for (const auto& [name, buffer] : target_registry_.buffers)
    registry.buffer("byol." + name, *buffer);
}

}  // namespace siam
