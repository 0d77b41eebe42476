#include "tensor/map.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

Tensor relu(const Tensor& x) {
  Tensor y = x.empty_like();
  SIAM_DISPATCH(x, relu(x, y));
  return y;
}

Tensor relu_backward(const Tensor& dy, const Tensor& y) {
  check_like("relu_backward", dy, {&y});
  Tensor dx = y.empty_like();
  SIAM_DISPATCH(y, relu_backward(dy, y, dx));
  return dx;
}

Tensor add(const Tensor& a, const Tensor& b) {
  check_like("add", a, {&b});
  Tensor c = a.empty_like();
  SIAM_DISPATCH(a, add(a, b, c));
  return c;
}

void add_into(const Tensor& a, const Tensor& b) {
  check_like("add_into", a, {&b});
  SIAM_DISPATCH(a, add(a, b, a));
}

Tensor scale(const Tensor& x, double factor) {
  Tensor y = x.empty_like();
  SIAM_DISPATCH(x, scale(x, factor, y));
  return y;
}

Tensor broadcast(const Tensor& s, const Shape& shape, double constant, DType type) {
  check(s.numel() == 1, "broadcast: shape {}; one element is needed", s.shape());
  Tensor y = Tensor::empty(shape, type, s.device());
  SIAM_DISPATCH(y, broadcast(s, constant, y));
  return y;
}

Tensor cast(const Tensor& x, DType type) {
  if (x.dtype() == type) return x;
  Tensor y = Tensor::empty(x.shape(), type, x.device());
  SIAM_DISPATCH(x, cast(x, y));
  return y;
}

Tensor add_bias(const Tensor& x, const Tensor& bias) {
  check(x.rank() > 0 && bias.shape() == Shape{x.dim(-1)},
        "add_bias: bias {} for x {}; one value for each of the last dimension is needed",
        bias.shape(), x.shape());
  check_same_device("add_bias", {&x, &bias});
  Tensor y = x.empty_like();
  SIAM_DISPATCH(x, add_bias(x, bias, y));
  return y;
}

}  // namespace siam
