#include "tensor/moving_average.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

void moving_average(const Tensor& mean, const Tensor& x, double momentum, const Tensor& enabled) {
  check(mean.shape() == x.shape() && mean.dtype() == DType::f32 && x.dtype() == DType::f32,
        "moving_average: {} {} of {} {}; f32 of one shape is needed", mean.dtype(), mean.shape(),
        x.dtype(), x.shape());
  check(!enabled.defined() || (enabled.numel() == 1 && enabled.dtype() == DType::i32),
        "moving_average: enabled {}; one i32 element is needed", enabled.shape());
  check_same_device("moving_average", {&mean, &x, &enabled});
  SIAM_DISPATCH(mean, moving_average(mean, x, momentum, enabled));
}

}  // namespace siam
