#pragma once
// Pooling of images [N,H,W,C].

#include "tensor/tensor.h"

namespace siam {

struct PoolGeometry {
  int window = 3;
  int stride = 2;
  int padding = 1;  ///< of minus infinity
};

struct MaxPool {
  Tensor y;  ///< [N,P,Q,C]
  /// u8 [N,P,Q,C]: which element of the window won, r * window + s; the first of equals.
  Tensor taps;
};

/// torch.nn.functional.max_pool2d (NaN wins over everything). Error unless the window is at most
/// 15, the padding at most half of it, and the padded image at least as large.
MaxPool max_pool2d(const Tensor& x, PoolGeometry geometry);
/// dx [N,H,W,C], of dy's type: each element of dy [N,P,Q,C] goes to the one that won.
Tensor max_pool2d_backward(const Tensor& dy, const Tensor& taps, const Shape& x_shape,
                           PoolGeometry geometry);

/// Mean over H and W: [N,C].
Tensor global_avg_pool(const Tensor& x);
/// dx [N,H,W,C] = dy [N,C] / (H W), of dy's type.
Tensor global_avg_pool_backward(const Tensor& dy, const Shape& x_shape);

}  // namespace siam
