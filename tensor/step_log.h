#pragma once
// Measurements that a training step leaves on its device for the host to read some steps later.

#include "tensor/tensor.h"

namespace siam {

/// A ring of rows, and the index of the next row on the device. No member is ever moved, so that a
/// captured step can be replayed.
struct StepRing {
  Tensor rows;    ///< f32 [slots,2 + n]: loss, 1 if it and all before it were finite, n values
  Tensor next;    ///< i32 []: the row of the next step
  Tensor finite;  ///< i32 []: 0 from the first non-finite step on

  StepRing(int64_t slots, int64_t n, Device device);
};

/// Writes a step's row and moves on: a loss (f32, one element), whether its gradients are finite
/// (i32, one element) and n f32 values.
void log_step(const Tensor& loss, const Tensor& finite, const Tensor& values, const StepRing& ring);

}  // namespace siam
