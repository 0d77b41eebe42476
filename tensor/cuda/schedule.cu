// The row of a schedule for the current step (tensor/schedule.h), by one block.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"

namespace siam::cuda {

namespace {

__global__ void __launch_bounds__(kBlock)
    follow_kernel(int64_t rows, int64_t n, int64_t steps_per_row, const float* values,
                  int32_t* step, const int32_t* enabled, float* now) {
  if (*enabled == 0) return;
  const int64_t turn = *step / steps_per_row;
  const int64_t row = turn < rows ? turn : rows - 1;
  for (int64_t i = threadIdx.x; i < n; i += kBlock) now[i] = values[row * n + i];
  __syncthreads();  // everyone has read `step`
  if (threadIdx.x == 0) ++*step;
}

}  // namespace

void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now) {
  launch(follow_kernel, dim3(1), dim3(kBlock), schedule.values.dim(0), now.numel(),
         schedule.steps_per_row, static_cast<const float*>(schedule.values.data<float>()),
         schedule.step.data<int32_t>(), static_cast<const int32_t*>(enabled.data<int32_t>()),
         now.data<float>());
}

}  // namespace siam::cuda
