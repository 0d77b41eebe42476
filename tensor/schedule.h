#pragma once
// Numbers that steps look up for themselves as they go, learning rates for one: a captured step has
// no host to tell it.

#include "tensor/tensor.h"

namespace siam {

struct Schedule {
  Tensor values;          ///< f32 [rows,n]
  Tensor step;            ///< i32 []: steps taken so far, fewer than 2^31
  int64_t steps_per_row;  ///< at least 1
};

/// now[i] = values[step / steps_per_row, i] for f32 now [n], of the last row when all are used up;
/// then ++step. Where `enabled`, i32 [], is 0, nothing changes. All on one device.
void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now);

}  // namespace siam
