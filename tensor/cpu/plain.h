#pragma once
// The reference loops shared among threads: what serves when oneDNN is absent, has no kernel for
// the type (f16), or the batch is empty.

#include "tensor/conv.h"
#include "tensor/matmul.h"

namespace siam::cpu::plain {

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y);
void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx);
void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw);
void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c);

}  // namespace siam::cpu::plain
