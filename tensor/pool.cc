#include "tensor/pool.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

namespace {

Shape pooled_shape(const Shape& x, PoolGeometry g) {
  check(x.rank() == 4, "max_pool2d: x {}; [N,H,W,C] is needed", x);
  check(g.window >= 1 && g.window <= 15 && g.stride >= 1 && 2 * g.padding <= g.window,
        "max_pool2d: window {}, stride {}, padding {}; a window up to 15 and a padding of at most "
        "half of it are needed",
        g.window, g.stride, g.padding);
  check(x[1] + 2 * g.padding >= g.window && x[2] + 2 * g.padding >= g.window,
        "max_pool2d: x {} is smaller than the window {}; use larger images", x, g.window);
  auto extent = [&](int64_t n) { return (n + 2 * g.padding - g.window) / g.stride + 1; };
  return {x[0], extent(x[1]), extent(x[2]), x[3]};
}

}  // namespace

MaxPool max_pool2d(const Tensor& x, PoolGeometry geometry) {
  const Shape shape = pooled_shape(x.shape(), geometry);
  MaxPool pool{Tensor::empty(shape, x.dtype(), x.device()),
               Tensor::empty(shape, DType::u8, x.device())};
  SIAM_DISPATCH(x, max_pool2d(x, geometry, pool.y, pool.taps));
  return pool;
}

Tensor max_pool2d_backward(const Tensor& dy, const Tensor& taps, const Shape& x_shape,
                           PoolGeometry geometry) {
  check(dy.shape() == pooled_shape(x_shape, geometry) && taps.shape() == dy.shape() &&
            taps.dtype() == DType::u8,
        "max_pool2d_backward: dy {} and taps {} {} for x {}; those of the forward pass are needed",
        dy.shape(), taps.dtype(), taps.shape(), x_shape);
  check_same_device("max_pool2d_backward", {&dy, &taps});
  Tensor dx = Tensor::empty(x_shape, dy.dtype(), dy.device());
  SIAM_DISPATCH(dy, max_pool2d_backward(dy, taps, geometry, dx));
  return dx;
}

Tensor global_avg_pool(const Tensor& x) {
  check(x.rank() == 4 && x.dim(1) * x.dim(2) > 0, "global_avg_pool: x {}; [N,H,W,C] is needed",
        x.shape());
  Tensor y = Tensor::empty({x.dim(0), x.dim(3)}, x.dtype(), x.device());
  SIAM_DISPATCH(x, global_avg_pool(x, y));
  return y;
}

Tensor global_avg_pool_backward(const Tensor& dy, const Shape& x_shape) {
  check(x_shape.rank() == 4 && dy.shape() == Shape{x_shape[0], x_shape[3]},
        "global_avg_pool_backward: dy {} for x {}; [N,C] is needed", dy.shape(), x_shape);
  Tensor dx = Tensor::empty(x_shape, dy.dtype(), dy.device());
  SIAM_DISPATCH(dy, global_avg_pool_backward(dy, dx));
  return dx;
}

}  // namespace siam
