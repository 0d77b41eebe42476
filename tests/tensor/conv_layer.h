#pragma once
// A convolution to try.

#include <vector>

#include "tensor/conv.h"
#include "tensor/cpu/kernels/kernels.h"

namespace siam {

struct ConvLayer {
  Shape x, w;
  ConvGeometry g;

  Shape y() const { return conv2d_shape(x, w, g); }
  cpu::ConvShape kernel_shape() const {
    return {x[0], x[1], x[2], x[3], w[0], w[1], w[2], y()[1], y()[2], g.stride, g.padding};
  }
  /// y, dx and dw for {x, w, dy}.
  std::vector<Tensor> all_three(const std::vector<Tensor>& in) const {
    return {conv2d(in[0], in[1], g), conv2d_backward_data(in[2], in[1], x, g),
            conv2d_backward_weight(in[2], in[0], w, g)};
  }
};

}  // namespace siam
