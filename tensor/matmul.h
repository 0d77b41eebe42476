#pragma once
// Matrix product in row-major order.

#include "tensor/tensor.h"

namespace siam {

enum class Transpose : bool { no, yes };

/// c = op(a) op(b) with op(a) [M,K] and op(b) [K,N], op being the transpose if requested. a and b
/// have the same type; sums are accumulated in f32 (f64 for f64) and rounded once to c's type
/// `type`, which is a's or the one of the sums.
Tensor matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, DType type);

}  // namespace siam
