#pragma once
// Pointwise ops. Formulas and derivatives: math.h.

#include "tensor/tensor.h"

namespace siam {

/// max(x, 0); NaN stays NaN.
Tensor relu(const Tensor& x);
/// dy where y > 0, else 0 (torch: the derivative at 0 is 0).
Tensor relu_backward(const Tensor& dy, const Tensor& y);
/// a + b, equal shapes and types.
Tensor add(const Tensor& a, const Tensor& b);
/// a += b, equal shapes and types.
void add_into(const Tensor& a, const Tensor& b);
/// factor * x.
Tensor scale(const Tensor& x, double factor);
/// Every element of `shape` set to constant * s for a one-element tensor s: the gradient of a sum.
Tensor broadcast(const Tensor& s, const Shape& shape, double constant, DType type);
/// x rounded to the type; x itself if it already has that type.
Tensor cast(const Tensor& x, DType type);
/// x [rows,C] + bias [C]. The bias may be f32 even if x is narrower.
Tensor add_bias(const Tensor& x, const Tensor& bias);

}  // namespace siam
