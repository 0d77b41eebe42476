#include <algorithm>

#include "tensor/backends.h"

namespace siam::reference {

void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now) {
  if (*enabled.data<int32_t>() == 0) return;
  int32_t& step = *schedule.step.data<int32_t>();
  const int64_t row = std::min(step / schedule.steps_per_row, schedule.values.dim(0) - 1);
  std::ranges::copy(schedule.values.rows(row, row + 1).span<float>(), now.data<float>());
  ++step;
}

}  // namespace siam::reference
