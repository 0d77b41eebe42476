#pragma once
// Sums over many elements. The order of summation is fixed, so results do not depend on the number
// of threads.

#include "tensor/tensor.h"

namespace siam {

/// Column sums [C] of x seen as [rows,C]; f32 (f64 for f64). The gradient of a bias.
Tensor sum_rows(const Tensor& x);
/// [N,...] from [parts N,...]: the sum of the parts, in their order, taken in f64 and rounded once.
/// f32 or f64.
Tensor sum_parts(const Tensor& x, int64_t parts);
/// Mean over all elements: a scalar, f32 (f64 for f64).
Tensor mean(const Tensor& x);
/// False if any element is infinite or NaN.
bool all_finite(const Tensor& x);
/// The same as an i32 scalar (1 or 0) on x's device, without waiting for it.
Tensor all_finite_flag(const Tensor& x);

}  // namespace siam
