// The hypothesis of Sec. 5: two sets of variables, the weights and the targets eta, optimised in
// turn.

#include <algorithm>

#include "simsiam/objectives.h"

namespace siam {

namespace {

Shape targets_shape(const Config& config, RunSize size) {
  const Shape shape{std::min(config.objective.steps_per_target, size.steps_per_epoch),
                    2 * size.batch_size, config.model.dim};
  need_memory(fmt::format("alternating: targets of {} steps", shape[0]),
              static_cast<uint64_t>(shape.numel()) * size_of(config.precision), config.device);
  return shape;
}

}  // namespace

Alternating::Alternating(const Config& config, const SimSiam& model, RunSize size)
    : model_(model),
      loss_(config.loss),
      mode_(training_mode(config)),
      targets_(Tensor::zeros(targets_shape(config, size), config.precision, config.device)) {}

Tensor Alternating::target(int64_t step) const {
  const int64_t slot = step % window();
  return targets_.rows(slot, slot + 1).reshape({targets_.dim(1), targets_.dim(2)});
}

void Alternating::look_ahead(const Views& views) {
  const NoGrad no_grad;
  Mode untracked = mode_;
  untracked.update_running = false;
  const Variable features = model_.backbone(views.images, untracked);
  target(views.step).copy_from(model_.projector(features, untracked).value());
}

Alternating::Result Alternating::operator()(const Views& views) {
  const auto [z, p] = model_(views.images, mode_);
  return {simsiam_loss(p, Variable(target(views.step)), loss_), z.value()};
}

}  // namespace siam
