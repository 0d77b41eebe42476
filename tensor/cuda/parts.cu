// Merging what each rank has computed for itself (tensor/reduce.h, tensor/batch_norm.h). In f64,
// which even GPUs with slow f64 compute faster than memory delivers the operands.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"
#include "tensor/math.h"

namespace siam::cuda {

namespace {

__global__ void __launch_bounds__(kBlock)
    sum_parts_kernel(int64_t n, int parts, const float* x, float* sum) {
  const int64_t threads = int64_t{gridDim.x} * kBlock;
  for (int64_t i = int64_t{blockIdx.x} * kBlock + threadIdx.x; i < n; i += threads) {
    double total = 0;
    for (int part = 0; part < parts; ++part) total += static_cast<double>(x[part * n + i]);
    sum[i] = static_cast<float>(total);
  }
}

__global__ void __launch_bounds__(kBlock)
    merge_statistics_kernel(int64_t n, int parts, double rows, const float* x, float* mean,
                            float* variance) {
  const int64_t i = int64_t{blockIdx.x} * kBlock + threadIdx.x;
  if (i >= n) return;
  math::Moments<double> merged;
  for (int part = 0; part < parts; ++part) {
    const float* of = x + part * 2 * n + i;
    merged.merge({rows, static_cast<double>(of[0]), static_cast<double>(of[n]) * rows});
  }
  mean[i] = static_cast<float>(merged.mean);
  variance[i] = static_cast<float>(merged.m2 / merged.count);
}

}  // namespace

void sum_parts(const Tensor& x, const Tensor& sum) {
  const int64_t n = sum.numel();
  if (n == 0) return;
  launch(sum_parts_kernel, blocks_for(n), dim3(kBlock), n, static_cast<int>(x.numel() / n),
         static_cast<const float*>(x.data<float>()), sum.data<float>());
}

void merge_statistics(const Tensor& parts, int64_t rows, const Tensor& mean,
                      const Tensor& variance) {
  const int64_t n = mean.numel();
  // A thread for each: a batch norm has at most a few thousand channels.
  launch(merge_statistics_kernel, dim3(static_cast<unsigned>((n + kBlock - 1) / kBlock)),
         dim3(kBlock), n, static_cast<int>(parts.dim(0)), static_cast<double>(rows),
         static_cast<const float*>(parts.data<float>()), mean.data<float>(),
         variance.data<float>());
}

}  // namespace siam::cuda
