#include "tensor/map.h"

#include "autograd/ops.h"
#include "tensor/reduce.h"

namespace siam {

Variable relu(const Variable& x) {
  Tensor y = relu(x.value());
  return record("relu", y, {x},
                [y](const Tensor& dy) { return std::vector{relu_backward(dy, y)}; });
}

Variable add(const Variable& a, const Variable& b) {
  return record("add", add(a.value(), b.value()), {a, b}, [](const Tensor& dy) {
    return std::vector{dy, dy};
  });
}

Variable scale(const Variable& x, double factor) {
  return record("scale", scale(x.value(), factor), {x},
                [factor](const Tensor& dy) { return std::vector{scale(dy, factor)}; });
}

Variable cast(const Variable& x, DType type, Tensor rounded) {
  if (x.dtype() == type) return x;
  check(!rounded.defined() || (rounded.dtype() == type && rounded.shape() == x.shape()),
        "cast: rounded copy is {} {}; {} {} is needed", rounded.dtype(), rounded.shape(), type,
        x.shape());
  // A filter's gradient already arrives in f32, which cast() passes through unchanged.
  return record("cast", rounded.defined() ? rounded : cast(x.value(), type), {x},
                [from = x.dtype()](const Tensor& dy) { return std::vector{cast(dy, from)}; });
}

Variable mean(const Variable& x) {
  return record("mean", mean(x.value()), {x},
                [shape = x.shape(), type = x.dtype()](const Tensor& dy) {
                  return std::vector{broadcast(dy, shape, 1.0 / shape.numel(), type)};
                });
}

}  // namespace siam
