#pragma once
// Row-wise functions of matrices [rows,C] that losses and metrics are made of. Results per row are
// f32 (f64 for f64).

#include "tensor/tensor.h"

namespace siam {

/// cos(p_i, z_i) = p_i.z_i / (max(|p_i|, eps) max(|z_i|, eps)) per row, [rows], eps = 1e-8
/// (torch.nn.functional.cosine_similarity).
Tensor cosine_similarity(const Tensor& p, const Tensor& z);
/// Gradient with respect to p: dp_i = dy_i (z_i / |z_i| - cos_i p_i / |p_i|) / |p_i|. The function
/// is symmetric: exchange p and z for dz.
Tensor cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z);

/// exp(x_ij) / sum_j exp(x_ij), computed with the row's maximum subtracted; type of x.
Tensor softmax(const Tensor& x);
/// dx_ij = y_ij (dy_ij - sum_j dy_ij y_ij).
Tensor softmax_backward(const Tensor& dy, const Tensor& y);

/// -sum_j target_ij log softmax(logits)_ij per row, [rows]. target is of the logits' shape and
/// type: a distribution per row, or one_hot labels.
Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& target);
/// dlogits_ij = dy_i (softmax(logits)_ij sum_j target_ij - target_ij).
Tensor softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target);
/// Rows of zeros with a one at the label. labels: i32 [rows], on the CPU. Error if one is out of
/// range.
Tensor one_hot(const Tensor& labels, int64_t classes, DType type, Device device);

/// x_i / max(|x_i|, 1e-12) per row (torch.nn.functional.normalize); type of x.
Tensor normalize_rows(const Tensor& x);
/// dx_i = (dy_i - y_i (y_i.dy_i)) / |x_i| with y = normalize_rows(x).
Tensor normalize_rows_backward(const Tensor& dy, const Tensor& x);

}  // namespace siam
