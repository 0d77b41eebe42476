#pragma once
// What forward and backward of the batch norm share: a thread's channels as affine maps. Both must
// compute them identically, bit for bit, so that the ReLU's mask recomputed from x is the one that
// was applied.

#include "tensor/cuda/launch.h"
#include "tensor/math.h"

namespace siam::cuda {

/// Statistics [G,C] and parameters [C] (null: 1 and 0) of one batch norm.
struct Normalization {
  const float *mean, *variance, *gamma, *beta;
  float eps;
  int64_t channels;

  Normalization(const Tensor& mean, const Tensor& variance, double eps, const Tensor& gamma,
                const Tensor& beta)
      : mean(mean.data<float>()),
        variance(variance.data<float>()),
        gamma(data_or_null<float>(gamma)),
        beta(data_or_null<float>(beta)),
        eps(static_cast<float>(eps)),
        channels(mean.dim(1)) {}

  __device__ float inverse_deviation(int64_t group, int64_t c) const {
    return __frsqrt_rn(variance[group * channels + c] + eps);
  }
  __device__ math::Affine<float> affine(int64_t group, int64_t c) const {
    return math::normalization(mean[group * channels + c], inverse_deviation(group, c),
                               gamma ? gamma[c] : 1.0f, beta ? beta[c] : 0.0f);
  }
};

}  // namespace siam::cuda
