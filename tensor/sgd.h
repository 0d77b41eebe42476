#pragma once
// One step of stochastic gradient descent over a flat buffer, in the form of torch.optim.SGD:
//   v <- momentum v + (g + weight_decay w),   w <- w - learning_rate v.

#include "tensor/tensor.h"

namespace siam {

struct SgdRates {
  double momentum = 0.9;
  double weight_decay = 1e-4;
  Tensor learning_rate;   ///< one f32 element on the device of w, so that a captured step sees it
                          ///< change
  double grad_scale = 1;  ///< g is multiplied by this first: 1 / loss scale
  Tensor enabled = {};    ///< one i32 element there; if it is 0, nothing is changed. Undefined: 1
};

/// Updates w and v, all f32 and of one length. `half`, if defined, receives w rounded to its type.
void sgd_step(const Tensor& w, const Tensor& g, const Tensor& v, const SgdRates& rates,
              const Tensor& half = {});

}  // namespace siam
