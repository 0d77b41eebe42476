#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "tensor/dispatch_types.h"
#include "tensor/tensor.h"

namespace siam {

/// |got - expected| / |expected|, Euclidean norms; the latter counts as `least` if it is smaller,
/// for values that are zero but for rounding.
inline double relative_error(std::span<const double> got, std::span<const double> expected,
                             double least = 1e-30) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += (got[i] - expected[i]) * (got[i] - expected[i]);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(difference) / std::max(std::sqrt(norm), least);
}

/// Values of any floating type and device as f64 on the CPU.
inline Tensor as_double(const Tensor& x) {
  const Tensor host = x.to(Device::cpu), y = Tensor::empty(x.shape(), DType::f64);
  for_any_float(x.dtype(), [&]<class T>(T) {
    for (int64_t i = 0; i < x.numel(); ++i)
      y.data<double>()[i] = static_cast<double>(host.data<T>()[i]);
  });
  return y;
}

inline double relative_error(const Tensor& got, const Tensor& expected, double least = 1e-30) {
  const Tensor a = as_double(got), b = as_double(expected);
  return relative_error(a.span<double>(), b.span<double>(), least);
}

}  // namespace siam
