#pragma once
// Both steps of a batch norm's backward pass, as autograd takes them if x is the whole batch.

#include "tensor/batch_norm.h"

namespace siam {

struct NormGradients {
  Tensor dx, dresidual, dgamma, dbeta;
};

inline NormGradients norm_gradients(const Tensor& dy, const Tensor& more, const Tensor& x,
                                    const Tensor& y, const BatchStatistics& statistics,
                                    const Tensor& gamma, const Tensor& beta, bool relu) {
  constexpr double kEps = 1e-5;
  const NormalizeSums sums = normalize_sums(dy, more, x, y, statistics, kEps, gamma, beta, relu);
  const bool stored = sums.g.defined();
  const Tensor& g = stored ? sums.g : dy;
  const Tensor dx = normalize_input_grad(g, x, statistics, kEps, gamma, beta, relu && !stored,
                                         sums.groups, x.shape().rows() / statistics.mean.dim(0));
  return {dx, g, sums.dgamma, sums.dbeta};
}

}  // namespace siam
