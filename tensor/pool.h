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
  Tensor
      taps;  ///< u8 [N,P,Q,C]: which element of the window won, r * window + s; the first of equals
};

/// torch.nn.functional.max_pool2d (NaN wins over everything). The window must be at most 15.
MaxPool max_pool2d(const Tensor& x, PoolGeometry geometry);
Tensor max_pool2d_backward(const Tensor& dy, const Tensor& taps, const Shape& x_shape,
                           PoolGeometry geometry);

/// Mean over H and W: [N,C].
Tensor global_avg_pool(const Tensor& x);
Tensor global_avg_pool_backward(const Tensor& dy, const Shape& x_shape);

}  // namespace siam
