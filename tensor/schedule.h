#pragma once
// Values that steps look up on the device, such as learning rates: the host cannot pass them to a
// captured step.

#include "tensor/tensor.h"

namespace siam {

struct Schedule {
  Tensor values;          ///< f32 [rows,n]
  Tensor step;            ///< i32 []: steps taken so far, fewer than 2^31
  int64_t steps_per_row;  ///< at least 1
};

/// now[i] = values[step / steps_per_row, i] for f32 now [n], from the last row when all are used
/// up; then ++step. If `enabled`, i32 [], is 0, nothing changes. All on one device.
void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now);

}  // namespace siam
