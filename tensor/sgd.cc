#include "tensor/sgd.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

void sgd_step(const Tensor& w, const Tensor& g, const Tensor& v, const SgdRates& rates,
              const Tensor& half) {
  for (const Tensor* tensor : {&g, &v})
    check(tensor->shape() == w.shape() && tensor->dtype() == DType::f32 && w.dtype() == DType::f32,
          "sgd_step: {} {} beside weights {} {}; f32 of one shape is needed", tensor->dtype(),
          tensor->shape(), w.dtype(), w.shape());
  check(!half.defined() || half.shape() == w.shape(),
        "sgd_step: half copy {} of weights {}; one shape is needed", half.shape(), w.shape());
  check(rates.learning_rate.numel() == 1 && rates.learning_rate.dtype() == DType::f32,
        "sgd_step: learning rate {}; one f32 element is needed", rates.learning_rate.shape());
  check(!rates.enabled.defined() ||
            (rates.enabled.numel() == 1 && rates.enabled.dtype() == DType::i32),
        "sgd_step: enabled {}; one i32 element is needed", rates.enabled.shape());
  check_same_device("sgd_step", {&w, &g, &v, &half, &rates.learning_rate, &rates.enabled});
  SIAM_DISPATCH(w, sgd_step(w, g, v, rates, half));
}

}  // namespace siam
