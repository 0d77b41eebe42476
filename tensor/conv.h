#pragma once
// Two-dimensional convolution (cross-correlation, as torch.nn.functional.conv2d) without bias: a
// batch norm always follows. Images x [N,H,W,C], filters w [K,R,S,C], result y [N,P,Q,K] with
//   P = (H + 2 padding - R) / stride + 1,   Q = (W + 2 padding - S) / stride + 1.
// Forward, data gradient and weight gradient are three kernels, each the fastest that its library
// has.

#include "tensor/tensor.h"

namespace siam {

struct ConvGeometry {
  int stride = 1;
  int padding = 0;
  bool operator==(const ConvGeometry&) const = default;
};

/// Shape of y. Error if the channels differ or the padded image is smaller than the filter.
Shape conv2d_shape(const Shape& x, const Shape& w, ConvGeometry geometry);

/// y[n,p,q,k] = sum_{r,s,c} x[n, p stride + r - padding, q stride + s - padding, c] w[k,r,s,c].
/// x and w of one type, which is also y's.
Tensor conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry);

/// dx of shape x_shape from dy [N,P,Q,K] and w; type of dy.
Tensor conv2d_backward_data(const Tensor& dy, const Tensor& w, const Shape& x_shape,
                            ConvGeometry geometry);

/// dw of shape w_shape from dy [N,P,Q,K] and x. Weight gradients are f32 whatever the type of dy
/// (f64 for f64), since they are sums over the whole batch.
Tensor conv2d_backward_weight(const Tensor& dy, const Tensor& x, const Shape& w_shape,
                              ConvGeometry geometry);

}  // namespace siam
