#include "tensor/backends.h"
#include "tensor/math.h"

namespace siam::reference {

void moving_average(const Tensor& mean, const Tensor& x, double momentum, const Tensor& enabled) {
  if (enabled.defined() && *enabled.data<int32_t>() == 0) return;
  const math::MovingAverage follow{static_cast<float>(momentum)};
  for (int64_t i = 0; i < mean.numel(); ++i)
    mean.data<float>()[i] = follow(mean.data<float>()[i], x.data<float>()[i]);
}

}  // namespace siam::reference
