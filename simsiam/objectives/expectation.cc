// The moving average over augmentations instead of the predictor (Sec. 5.2).

#include "simsiam/objectives/expectation.h"

#include <algorithm>

#include "simsiam/memory_advice.h"
#include "simsiam/shared_views.h"
#include "tensor/map.h"
#include "tensor/rows.h"

namespace siam {

Expectation::Expectation(const Config& config, const SimSiam& model, RunSize size,
                         const Communicator& ranks)
    : model_(model),
      ranks_(ranks),
      loss_(config.loss),
      mode_(training_mode(config, ranks)),
      momentum_(static_cast<float>(config.objective.momentum)) {
  const Shape shape{size.samples, config.model.dim};
  need_memory("expectation: a target for each image", static_cast<uint64_t>(shape.numel()) * 4,
              Device::cpu, "use a smaller --dim, or a part of the data (--train-samples)");
  eta_ = Tensor::zeros(shape);
}

Expectation::Result Expectation::operator()(const Views& views) {
  const auto [z, p] = model_(views.images, mode_);
  // Will hold eta as updated by each view: rows of view 1, then of view 2.
  const Tensor own = normalize_rows(cast(z.value(), DType::f32)).to(Device::cpu);
  const Tensor moved = gather_views(ranks_, own, mode_.groups).clone();
  const std::vector<int32_t> own_samples(views.samples.begin(), views.samples.end());
  const Tensor samples =
      ranks_.all_gather(Tensor::from({std::ssize(own_samples)}, std::span(own_samples)));
  const int64_t n = samples.numel(), d = z.dim(1);
  for (int64_t i = 0; i < n; ++i) {
    float* eta = eta_.data<float>() + samples.data<int32_t>()[i] * d;
    float* view1 = moved.data<float>() + i * d;
    float* view2 = view1 + n * d;
    const bool seen = std::any_of(eta, eta + d, [](float value) { return value != 0; });
    const float m = seen ? momentum_ : 0;
    for (int64_t c = 0; c < d; ++c) {
      view1[c] = m * eta[c] + (1 - m) * view1[c];
      view2[c] = m * eta[c] + (1 - m) * view2[c];
      eta[c] = (view1[c] + view2[c]) / 2;
    }
  }
  const Variable targets(
      cast(own_views(ranks_, moved, mode_.groups).to(z.value().device()), z.dtype()));
  return {simsiam_loss(p, targets, loss_), z.value()};
}

}  // namespace siam
