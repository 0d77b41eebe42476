#pragma once
// Tensors of normal values, the same at every call.

#include <vector>

#include "tensor/philox.h"
#include "tensor/tensor.h"

namespace siam {

/// Standard normal values in f32 or f64.
inline Tensor normals(const Shape& shape, DType type, Random& random) {
  const Tensor tensor = Tensor::empty(shape, type);
  if (type == DType::f64)
    for (double& value : tensor.span<double>()) value = normal(random);
  else
    for (float& value : tensor.span<float>()) value = normal(random);
  return tensor;
}

inline std::vector<Tensor> random_tensors(const std::vector<Shape>& shapes, DType type,
                                          uint32_t stream) {
  Random random(5, Purpose::test, stream);
  std::vector<Tensor> tensors;
  for (const Shape& shape : shapes) tensors.push_back(normals(shape, type, random));
  return tensors;
}

}  // namespace siam
