// Convolution and matrix product without oneDNN: the reference loops, images or rows shared among
// threads.

#include "tensor/cpu/plain.h"

#include "tensor/backends.h"
#include "tensor/parallel.h"

namespace siam::cpu::plain {

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  parallel_for(x.dim(0), 1, [&](int64_t n, int64_t end) {
    reference::conv2d(x.rows(n, end), w, geometry, y.rows(n, end));
  });
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  parallel_for(dx.dim(0), 1, [&](int64_t n, int64_t end) {
    reference::conv2d_backward_data(dy.rows(n, end), w, geometry, dx.rows(n, end));
  });
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  reference::conv2d_backward_weight(dy, x, geometry, dw);
}

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  if (ta == Transpose::yes) return reference::matmul(a, ta, b, tb, c);
  parallel_for(a.dim(0), 4, [&](int64_t begin, int64_t end) {
    reference::matmul(a.rows(begin, end), ta, b, tb, c.rows(begin, end));
  });
}

}  // namespace siam::cpu::plain
