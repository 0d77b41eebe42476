#include "nn/layout.h"

namespace siam {

namespace {

// [K,A,B] -> [K,B,A], with the given shape.
Tensor exchanged(const Tensor& from, int64_t a, int64_t b, const Shape& shape) {
  const Tensor to = Tensor::empty(shape);
  for (int64_t k = 0; k < from.dim(0); ++k)
    for (int64_t i = 0; i < a; ++i)
      for (int64_t j = 0; j < b; ++j)
        to.data<float>()[(k * b + j) * a + i] = from.data<float>()[(k * a + i) * b + j];
  return to;
}

}  // namespace

Tensor channels_first(const Tensor& filter) {
  const int64_t k = filter.dim(0), r = filter.dim(1), s = filter.dim(2), c = filter.dim(3);
  return exchanged(filter.to(Device::cpu), r * s, c, {k, c, r, s});
}

Tensor channels_last(const Tensor& filter) {
  const int64_t k = filter.dim(0), c = filter.dim(1), r = filter.dim(2), s = filter.dim(3);
  return exchanged(filter, c, r * s, {k, r, s, c});
}

}  // namespace siam
