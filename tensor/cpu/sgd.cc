// Passes over flat buffers.

#include <algorithm>

#include "tensor/backends.h"
#include "tensor/math.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void sgd_step(const Tensor& w, const Tensor& g, const Tensor& v, const SgdRates& rates,
              const Tensor& half) {
  if (rates.enabled.defined() && *rates.enabled.data<int32_t>() == 0) return;
  const math::SgdStep step{*rates.learning_rate.data<float>(), static_cast<float>(rates.momentum),
                           static_cast<float>(rates.weight_decay),
                           static_cast<float>(rates.grad_scale)};
  float *weights = w.data<float>(), *velocity = v.data<float>();
  const float* gradient = g.data<float>();
  parallel_for(w.numel(), 32768, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) step(weights[i], velocity[i], gradient[i]);
  });
  if (half.defined()) cpu::cast(w, half);
}

void moving_average(const Tensor& mean, const Tensor& x, double momentum, const Tensor& enabled) {
  if (enabled.defined() && *enabled.data<int32_t>() == 0) return;
  const math::MovingAverage follow{static_cast<float>(momentum)};
  float* to = mean.data<float>();
  const float* from = x.data<float>();
  parallel_for(mean.numel(), 32768, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = follow(to[i], from[i]);
  });
}

void gather(const std::vector<Tensor>& parts, const std::vector<int64_t>& offsets,
            const Tensor& flat) {
  parallel_for(static_cast<int64_t>(parts.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::ranges::copy(parts[i].span<float>(), flat.data<float>() + offsets[i]);
  });
}

}  // namespace siam::cpu
