#include "tensor/conv.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

Shape conv2d_shape(const Shape& x, const Shape& w, ConvGeometry geometry) {
  check(x.rank() == 4 && w.rank() == 4, "conv2d: x {} and w {}; [N,H,W,C] and [K,R,S,C] are needed",
        x, w);
  check(x[3] == w[3], "conv2d: x {} has {} channels, w {} takes {}; they must agree", x, x[3], w,
        w[3]);
  constexpr int kMost = 1 << 16;
  check(1 <= geometry.stride && geometry.stride <= kMost && 0 <= geometry.padding &&
            geometry.padding <= kMost,
        "conv2d: stride {}, padding {}; a stride of 1 to {} and a padding of 0 to {} are needed",
        geometry.stride, geometry.padding, kMost, kMost);
  const int64_t height = x[1] + 2 * geometry.padding - w[1],
                width = x[2] + 2 * geometry.padding - w[2];
  check(height >= 0 && width >= 0,
        "conv2d: x {} padded by {} is smaller than the filter {}; use larger images", x,
        geometry.padding, w);
  return {x[0], height / geometry.stride + 1, width / geometry.stride + 1, w[0]};
}

namespace {

void check_types(const char* op, const Tensor& a, const Tensor& b) {
  check(a.dtype() == b.dtype(), "{}: {} and {}; one type is needed", op, a.dtype(), b.dtype());
  check(is_float(a.dtype()), "{}: type {}; a floating type is needed", op, a.dtype());
  check_same_device(op, {&a, &b});
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry) {
  check_types("conv2d", x, w);
  Tensor y = Tensor::empty(conv2d_shape(x.shape(), w.shape(), geometry), x.dtype(), x.device());
  SIAM_DISPATCH(x, conv2d(x, w, geometry, y));
  return y;
}

Tensor conv2d_backward_data(const Tensor& dy, const Tensor& w, const Shape& x_shape,
                            ConvGeometry geometry) {
  check_types("conv2d_backward_data", dy, w);
  check(dy.shape() == conv2d_shape(x_shape, w.shape(), geometry),
        "conv2d_backward_data: dy {} for x {} and w {}; {} is needed", dy.shape(), x_shape,
        w.shape(), conv2d_shape(x_shape, w.shape(), geometry));
  Tensor dx = Tensor::empty(x_shape, dy.dtype(), dy.device());
  SIAM_DISPATCH(dy, conv2d_backward_data(dy, w, geometry, dx));
  return dx;
}

Tensor conv2d_backward_weight(const Tensor& dy, const Tensor& x, const Shape& w_shape,
                              ConvGeometry geometry) {
  check_types("conv2d_backward_weight", dy, x);
  check(dy.shape() == conv2d_shape(x.shape(), w_shape, geometry),
        "conv2d_backward_weight: dy {} for x {} and w {}; {} is needed", dy.shape(), x.shape(),
        w_shape, conv2d_shape(x.shape(), w_shape, geometry));
  Tensor dw = Tensor::empty(w_shape, accumulate_type(dy.dtype()), dy.device());
  SIAM_DISPATCH(dy, conv2d_backward_weight(dy, x, geometry, dw));
  return dw;
}

}  // namespace siam
