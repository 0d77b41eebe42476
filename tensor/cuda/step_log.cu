// The row that a step leaves for the host (tensor/step_log.h), by one block.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"

namespace siam::cuda {

namespace {

struct RingPointers {
  float* rows;
  int32_t *next, *finite;
  int32_t slots;
};

__global__ void __launch_bounds__(kBlock)
    log_kernel(int64_t n, const float* loss, const int32_t* finite, const float* values,
               RingPointers ring) {
  const int32_t slot = *ring.next;
  float* row = ring.rows + slot * (n + 2);
  for (int64_t i = threadIdx.x; i < n; i += kBlock) row[2 + i] = values[i];
  __syncthreads();  // everyone has read `next`
  if (threadIdx.x != 0) return;
  const int32_t all = *ring.finite && *finite && isfinite(*loss);
  row[0] = *loss;
  row[1] = static_cast<float>(all);
  *ring.finite = all;
  *ring.next = (slot + 1) % ring.slots;
}

}  // namespace

void log_step(const Tensor& loss, const Tensor& finite, const Tensor& values,
              const StepRing& ring) {
  const RingPointers pointers{ring.rows.data<float>(), ring.next.data<int32_t>(),
                              ring.finite.data<int32_t>(), static_cast<int32_t>(ring.rows.dim(0))};
  launch(log_kernel, dim3(1), dim3(kBlock), values.numel(),
         static_cast<const float*>(loss.data<float>()),
         static_cast<const int32_t*>(finite.data<int32_t>()),
         static_cast<const float*>(values.data<float>()), pointers);
}

}  // namespace siam::cuda
