#pragma once
// A tensor that follows another.

#include "tensor/tensor.h"

namespace siam {

/// mean <- momentum mean + (1 - momentum) x, f32 of one shape, if `enabled` (i32 [] on the same
/// device; undefined: 1) is not 0. With momentum 0 it becomes x, whatever it was.
void moving_average(const Tensor& mean, const Tensor& x, double momentum, const Tensor& enabled);

}  // namespace siam
