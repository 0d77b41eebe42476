// The hypothesis of Sec. 5: two sets of variables, the weights and the targets eta, optimised in
// turn.

#include "simsiam/objectives/alternating.h"

#include <algorithm>

#include "simsiam/memory_advice.h"
#include "simsiam/shared_views.h"

namespace siam {

namespace {

Shape targets_shape(const Config& config, RunSize size) {
  const Shape shape{std::min(config.objective.steps_per_target, size.steps_per_epoch),
                    2 * size.batch_size, config.model.dim};
  need_memory(
      fmt::format("alternating: targets of {} steps", shape[0]),
      static_cast<uint64_t>(shape.numel()) * size_of(config.precision), config.device,
      "use fewer --steps-per-target, a smaller --dim or --batch-size, or a part of the data "
      "(--train-samples)");
  return shape;
}

}  // namespace

Alternating::Alternating(const Config& config, const SimSiam& model, RunSize size,
                         const Communicator& ranks)
    : model_(model),
      ranks_(ranks),
      loss_(config.loss),
      mode_(training_mode(config, ranks)),
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
  const Tensor z = model_.projector(features, untracked).value();
  target(views.step).copy_from(gather_views(ranks_, z, mode_.groups));
}

Alternating::Result Alternating::operator()(const Views& views) {
  const auto [z, p] = model_(views.images, mode_);
  const Variable targets(own_views(ranks_, target(views.step), mode_.groups));
  return {simsiam_loss(p, targets, loss_), z.value()};
}

}  // namespace siam
