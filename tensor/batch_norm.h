#pragma once
// Batch normalisation (Ioffe & Szegedy 2015; torch.nn.BatchNorm1d/2d) over the rows of x seen as a
// matrix [rows,C], fused with what follows it in a residual network:
//   y = relu?( gamma (x - mean) / sqrt(variance + eps) + beta (+ residual) ).
// The rows are cut into G equal groups with statistics of their own: with G = 2 both views of a
// SimSiam batch go through the network at once and are normalised as if they had gone separately,
// as the paper's code does (Algorithm 1).

#include "tensor/tensor.h"

namespace siam {

/// Statistics of the rows of each group: mean and biased variance, both [G,C], f32 (f64 for f64).
struct BatchStatistics {
  Tensor mean, variance;
};

/// Error unless `groups` divides the leading dimension of x.
BatchStatistics batch_statistics(const Tensor& x, int groups);

/// y as above. statistics [G,C]; gamma and beta [C] may be undefined (1 and 0: "affine=False");
/// residual is undefined or of x's shape. Type of y is x's.
Tensor normalize(const Tensor& x, const BatchStatistics& statistics, double eps,
                 const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu);

// Gradients through `normalize` where the statistics are those of the batch itself. With the ReLU's
// mask applied to dy first, xhat = (x - mean) / sqrt(variance + eps) and M rows in the group:
//   dx = gamma / sqrt(variance + eps) (dy - sum(dy) / M - xhat sum(dy xhat) / M),
//   dgamma = sum(dy xhat), dbeta = sum(dy) over all groups.
// The mask is recomputed from x where no residual was added; with a residual it is y > 0, so y must
// be given then.

/// First the sums over the rows.
struct NormalizeSums {
  Tensor groups;         ///< [G,C,2]: sum(dy), sum(dy xhat) of each group; f32 (f64 for f64)
  Tensor dgamma, dbeta;  ///< [C] of that type, also where gamma is undefined
};
NormalizeSums normalize_sums(const Tensor& dy, const Tensor& x, const Tensor& y,
                             const BatchStatistics& statistics, double eps, const Tensor& gamma,
                             const Tensor& beta, bool relu);

/// Then what goes on to the inputs. x may be a part of the batch: the sums are those of the whole,
/// and `rows` is its M.
struct NormalizeInputGradients {
  Tensor dx;         ///< of x's shape and type
  Tensor dresidual;  ///< dy behind the ReLU's mask; undefined unless asked for
};
NormalizeInputGradients normalize_input_grad(const Tensor& dy, const Tensor& x, const Tensor& y,
                                             const BatchStatistics& statistics, double eps,
                                             const Tensor& gamma, const Tensor& beta, bool relu,
                                             const Tensor& sums, int64_t rows, bool want_dresidual);

/// Both, where x is the whole batch.
struct NormalizeGradients {
  Tensor dx, dresidual, dgamma, dbeta;
};
NormalizeGradients normalize_backward(const Tensor& dy, const Tensor& x, const Tensor& y,
                                      const BatchStatistics& statistics, double eps,
                                      const Tensor& gamma, const Tensor& beta, bool relu,
                                      bool want_dresidual);

/// Running statistics [C], group after group as torch does batch after batch:
///   running <- (1 - momentum) running + momentum (mean, or variance * rows / (rows - 1)),
/// rows being those of one group. PyTorch's running variance is the unbiased one.
void update_running(const BatchStatistics& statistics, int64_t rows, double momentum,
                    const Tensor& running_mean, const Tensor& running_variance);

}  // namespace siam
