#pragma once
// Filters in PyTorch's layout.

#include "tensor/tensor.h"

namespace siam {

/// f32 [K,R,S,C] on any device -> [K,C,R,S] on the CPU.
Tensor channels_first(const Tensor& filter);
/// f32 [K,C,R,S] -> [K,R,S,C], both on the CPU.
Tensor channels_last(const Tensor& filter);

}  // namespace siam
