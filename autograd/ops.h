#pragma once
// The differentiable ops. Each is in one file, with its shape check, forward computation and
// backward rule; what it computes is documented at the kernel's interface (tensor/conv.h,
// tensor/batch_norm.h, ...).

#include "autograd/variable.h"
#include "tensor/batch_norm.h"
#include "tensor/conv.h"
#include "tensor/pool.h"

namespace siam {

class NormOverParts;

// map.cc
Variable relu(const Variable& x);
Variable add(const Variable& a, const Variable& b);
Variable scale(const Variable& x, double factor);
/// x rounded to a storage type. `rounded`, if defined, is that result, computed already (an
/// optimiser's half-precision copy).
Variable cast(const Variable& x, DType type, Tensor rounded = {});
/// Scalar mean of all elements.
Variable mean(const Variable& x);

// slice.cc
/// Entries [begin, end) of the leading dimension; shares memory with x.
Variable slice(const Variable& x, int64_t begin, int64_t end);

// conv.cc
Variable conv2d(const Variable& x, const Variable& w, ConvGeometry geometry);

// linear.cc
/// x [rows,K] w^T (+ bias): w [N,K], bias [N] or undefined, result [rows,N]
/// (torch.nn.functional.linear).
Variable linear(const Variable& x, const Variable& w, const Variable& bias = {});

// batch_norm.cc
struct BatchNormState {
  Tensor running_mean = {}, running_variance = {};  ///< [C], f32; undefined: not tracked
  double momentum = 0.1;
  double eps = 1e-5;
};
/// relu?( batch_norm(x) (+ residual) ). Each of `groups` equal parts of the batch is normalised
/// with its own statistics, which also update the running ones. gamma, beta, residual may be
/// undefined. If x is only a part of the batch, `parts` accounts for the others.
Variable batch_norm_train(const Variable& x, const Variable& gamma, const Variable& beta,
                          const BatchNormState& state, int groups, const Variable& residual,
                          bool relu, std::shared_ptr<NormOverParts> parts = {});
/// The same with the running statistics, for evaluation. Has no backward.
Variable batch_norm_infer(const Variable& x, const Variable& gamma, const Variable& beta,
                          const BatchNormState& state, const Variable& residual, bool relu);

// pool.cc
Variable max_pool2d(const Variable& x, PoolGeometry geometry);
Variable global_avg_pool(const Variable& x);

// loss.cc
/// Row-wise cosine of p and z, both [rows,C]: [rows].
Variable cosine_similarity(const Variable& p, const Variable& z);
Variable softmax(const Variable& x);
/// Rows divided by their length.
Variable normalize_rows(const Variable& x);
/// -sum_j target_ij log softmax(logits)_ij per row: [rows]. The target is a constant: detach it.
Variable softmax_cross_entropy(const Variable& logits, const Variable& target);

}  // namespace siam
