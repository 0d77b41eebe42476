#pragma once
// Batch normalisation (Ioffe & Szegedy 2015; torch.nn.BatchNorm1d/2d) over the rows of x seen as a
// matrix [rows,C], fused with the operations that follow it in a residual network:
//   y = relu?( gamma (x - mean) / sqrt(variance + eps) + beta (+ residual) ).
// The rows are divided into G equal groups, each with its own statistics: with G = 2 both views of
// a SimSiam batch go through the network at once but are normalised as if they went separately, as
// in the paper's code.

#include "tensor/tensor.h"

namespace siam {

/// Statistics of the rows of each group: mean and biased variance, both [G,C], f32 (f64 for f64).
struct BatchStatistics {
  Tensor mean, variance;
};

/// Error unless `groups` divides the leading dimension of x.
BatchStatistics batch_statistics(const Tensor& x, int groups);

/// The statistics [n] of a batch from those of its parts: parts [P,2,n], f32 or f64, means and
/// biased variances of `rows` rows each. Merged in f64, in their order, and rounded once.
BatchStatistics merge_statistics(const Tensor& parts, int64_t rows);

/// y as above. statistics [G,C]; gamma and beta [C] may be undefined (1 and 0: "affine=False");
/// residual is undefined or of x's shape. Type of y is x's.
Tensor normalize(const Tensor& x, const BatchStatistics& statistics, double eps,
                 const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu);

// Gradients through `normalize` where the statistics are those of the batch itself. With g = the
// gradient of y after the ReLU's mask, xhat = (x - mean) / sqrt(variance + eps) and M rows in the
// group:
//   dx = gamma / sqrt(variance + eps) (g - sum(g) / M - xhat sum(g xhat) / M),
//   dgamma = sum(g xhat), dbeta = sum(g) over all groups, dresidual = g.
// The mask is recomputed from x if no residual was added; with a residual it is y > 0, so y must be
// given.

/// First the sums over the rows. The gradient of y is dy + more: at the end of a residual block one
/// comes from the next block's convolution, the other from its shortcut. `more` may be undefined.
struct NormalizeSums {
  Tensor groups;         ///< [G,C,2]: sum(g), sum(g xhat) of each group; f32 (f64 for f64)
  Tensor dgamma, dbeta;  ///< [C] of that type, also where gamma is undefined
  /// g, stored only if `more` is given or the mask is y's. Otherwise undefined: g is dy, masked (if
  /// relu) by the sign recomputed from x.
  Tensor g;
};
NormalizeSums normalize_sums(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,
                             const BatchStatistics& statistics, double eps, const Tensor& gamma,
                             const Tensor& beta, bool relu);

/// Then dx, of x's shape and type: from g, with relu = false, or from dy if g is undefined. x may
/// be a part of the batch: the sums are those of the whole, and `rows` is its M.
Tensor normalize_input_grad(const Tensor& g, const Tensor& x, const BatchStatistics& statistics,
                            double eps, const Tensor& gamma, const Tensor& beta, bool relu,
                            const Tensor& sums, int64_t rows);

/// Running statistics [C], updated group by group as torch does batch by batch:
///   running <- (1 - momentum) running + momentum (mean, or variance * rows / (rows - 1)),
/// rows being those of one group. PyTorch's running variance is the unbiased one.
void update_running(const BatchStatistics& statistics, int64_t rows, double momentum,
                    const Tensor& running_mean, const Tensor& running_variance);

}  // namespace siam
