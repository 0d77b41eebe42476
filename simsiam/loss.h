#pragma once
// The loss of the paper (eq. 1-4).

#include "autograd/ops.h"

namespace siam {

struct LossConfig {
  bool stop_gradient = true;
};

/// L = D(p1, stopgrad(z2)) / 2 + D(p2, stopgrad(z1)) / 2 with D(p, z) = -mean cos(p, z): a scalar
/// in
/// [-1, 1]. p and z are [2 N,d], the first view's rows before the second's.
Variable simsiam_loss(const Variable& p, const Variable& z, const LossConfig& config);

}  // namespace siam
