// The moving average over augmentations in place of the predictor (Sec. 5.2).

#include <algorithm>

#include "simsiam/objectives.h"
#include "tensor/loss.h"
#include "tensor/map.h"

namespace siam {

Expectation::Expectation(const Config& config, const SimSiam& model, RunSize size)
    : model_(model),
      loss_(config.loss),
      mode_(training_mode(config)),
      momentum_(static_cast<float>(config.objective.momentum)) {
  const Shape shape{size.samples, config.model.dim};
  need_memory("expectation: a target for each image", static_cast<uint64_t>(shape.numel()) * 4,
              Device::cpu);
  eta_ = Tensor::zeros(shape);
}

Expectation::Result Expectation::operator()(const Views& views) {
  const auto [z, p] = model_(views.images, mode_);
  // Becomes eta moved by each view: rows of view 1, then of view 2.
  const Tensor moved = normalize_rows(cast(z.value(), DType::f32)).to(Device::cpu).clone();
  const int64_t n = static_cast<int64_t>(views.samples.size()), d = z.dim(1);
  for (int64_t i = 0; i < n; ++i) {
    float* eta = eta_.data<float>() + views.samples[i] * d;
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
  const Variable targets(cast(moved.to(z.value().device()), z.dtype()));
  return {simsiam_loss(p, targets, loss_), z.value()};
}

}  // namespace siam
