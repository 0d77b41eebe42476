#include "tensor/schedule.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now) {
  const Tensor &values = schedule.values, &step = schedule.step;
  check(values.dtype() == DType::f32 && values.rank() == 2 && values.dim(0) > 0 &&
            now.dtype() == DType::f32 && now.shape() == Shape{values.dim(1)},
        "follow_schedule: values {} {} for {} {}; f32 [rows,n] and [n] are needed", values.dtype(),
        values.shape(), now.dtype(), now.shape());
  check(
      step.dtype() == DType::i32 && step.numel() == 1 && enabled.dtype() == DType::i32 &&
          enabled.numel() == 1 && schedule.steps_per_row > 0,
      "follow_schedule: step {} {}, flag {} {}, {} steps a row; two i32 and at least 1 are needed",
      step.dtype(), step.shape(), enabled.dtype(), enabled.shape(), schedule.steps_per_row);
  check_same_device("follow_schedule", {&now, &values, &step, &enabled});
  SIAM_DISPATCH(now, follow_schedule(schedule, enabled, now));
}

}  // namespace siam
