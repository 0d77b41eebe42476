#include "tensor/conv.h"

#include "autograd/ops.h"

namespace siam {

Variable conv2d(const Variable& x, const Variable& w, ConvGeometry geometry) {
  // Images, the first layer's input, need no gradient, which saves one of its three kernels.
  return record("conv2d", conv2d(x.value(), w.value(), geometry), {x, w},
                [x = x.value(), w = w.value(), need_dx = x.requires_grad(),
                 need_dw = w.requires_grad(), geometry](const Tensor& dy) {
                  return std::vector{
                      need_dx ? conv2d_backward_data(dy, w, x.shape(), geometry) : Tensor(),
                      need_dw ? conv2d_backward_weight(dy, x, w.shape(), geometry) : Tensor()};
                });
}

}  // namespace siam
