// Images are independent: each piece of the batch runs the plain loops.

#include "tensor/backends.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void max_pool2d(const Tensor& x, PoolGeometry geometry, const Tensor& y, const Tensor& taps) {
  parallel_for(x.dim(0), 1, [&](int64_t n, int64_t end) {
    reference::max_pool2d(x.rows(n, end), geometry, y.rows(n, end), taps.rows(n, end));
  });
}

void max_pool2d_backward(const Tensor& dy, const Tensor& taps, PoolGeometry geometry,
                         const Tensor& dx) {
  parallel_for(dx.dim(0), 1, [&](int64_t n, int64_t end) {
    reference::max_pool2d_backward(dy.rows(n, end), taps.rows(n, end), geometry, dx.rows(n, end));
  });
}

void global_avg_pool(const Tensor& x, const Tensor& y) {
  parallel_for(x.dim(0), 1, [&](int64_t n, int64_t end) {
    reference::global_avg_pool(x.rows(n, end), y.rows(n, end));
  });
}

void global_avg_pool_backward(const Tensor& dy, const Tensor& dx) {
  parallel_for(dx.dim(0), 1, [&](int64_t n, int64_t end) {
    reference::global_avg_pool_backward(dy.rows(n, end), dx.rows(n, end));
  });
}

}  // namespace siam::cpu
