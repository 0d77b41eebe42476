#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"

namespace siam::reference {

void sgd_step(const Tensor& w, const Tensor& g, const Tensor& v, const SgdRates& rates,
              const Tensor& half) {
  if (rates.enabled.defined() && *rates.enabled.data<int32_t>() == 0) return;
  const math::SgdStep step{*rates.learning_rate.data<float>(), static_cast<float>(rates.momentum),
                           static_cast<float>(rates.weight_decay),
                           static_cast<float>(rates.grad_scale)};
  for (int64_t i = 0; i < w.numel(); ++i)
    step(w.data<float>()[i], v.data<float>()[i], g.data<float>()[i]);
  if (half.defined()) reference::cast(w, half);
}

}  // namespace siam::reference
