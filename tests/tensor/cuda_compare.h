#pragma once
// Runs an op on the CPU's reference kernels and on the GPU, on the same inputs, and compares.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "tensor/dispatch.h"
#include "tensor/dispatch_types.h"
#include "tensor/map.h"
#include "tensor/philox.h"

namespace siam {

using Tensors = std::vector<Tensor>;
using Op = std::function<Tensors(const Tensors&)>;

inline const std::vector<DType> kStorageTypes = {DType::f32, DType::bf16, DType::f16};

/// Those of which this GPU has products and convolutions.
inline std::vector<DType> served_types(std::vector<DType> types = kStorageTypes) {
  std::erase_if(types, [](DType type) { return !cuda_serves(type); });
  return types;
}

/// Standard normal numbers, rounded to the type.
inline Tensor normals(const Shape& shape, DType type, Random& random) {
  const Tensor tensor = Tensor::empty(shape);
  for (float& value : tensor.span<float>()) value = normal(random);
  return cast(tensor, type);
}

/// Both devices compute in f32, with sums in different orders, and round once to the type. A value
/// on the edge between two roundings may go to either side: one unit in the last place, 2^-7 of
/// bf16's values and 2^-10 of f16's. For f32 the bound is that of a sum of 10^4 terms of random
/// sign.
inline double tolerance_of(DType type) {
  return type == DType::bf16 ? 0x1p-7 : type == DType::f16 ? 0x1p-10 : 1e-5;
}

/// Elements of b that are further from a's than tolerance * max(|a_i|, rms of a).
inline int64_t mismatches(const Tensor& a, const Tensor& b, double tolerance) {
  const auto wide = [](const Tensor& t) {
    if (t.dtype() == DType::u8) {
      const Tensor f = Tensor::empty(t.shape());
      for (int64_t i = 0; i < t.numel(); ++i)
        f.data<float>()[i] = static_cast<float>(t.data<uint8_t>()[i]);
      return f;
    }
    return cast(t, DType::f32);
  };
  const Tensor want = wide(a), have = wide(b.to(Device::cpu));
  double squares = 0;
  for (const float value : want.span<float>()) squares += static_cast<double>(value) * value;
  const double rms = std::sqrt(squares / std::max<double>(1.0, static_cast<double>(want.numel())));
  int64_t count = 0;
  for (int64_t i = 0; i < want.numel(); ++i) {
    const double x = want.data<float>()[i], y = have.data<float>()[i];
    count += !(std::abs(x - y) <= tolerance * std::max(std::abs(x), rms));
  }
  return count;
}

/// Outputs of `op` on the GPU against those of the reference. Memory is poisoned with NaN, so an
/// element that a kernel leaves out is noticed.
inline void compare(const char* name, const Tensors& inputs, double tolerance, const Op& op) {
  CAPTURE(name);
  Tensors on_gpu;
  for (const Tensor& input : inputs) on_gpu.push_back(input.to(Device::cuda));
  CAPTURE(fmt::format("{} {}", inputs[0].dtype(), inputs[0].shape()));
  const Tensors want = [&] {
    const ScopedReference reference;
    return op(inputs);
  }();
  poison_empty_tensors(true);
  const Tensors have = op(on_gpu);
  poison_empty_tensors(false);
  REQUIRE(want.size() == have.size());
  for (size_t i = 0; i < want.size(); ++i) {
    CAPTURE(i);
    REQUIRE(want[i].defined() == have[i].defined());
    if (!want[i].defined()) continue;
    CAPTURE(fmt::format("{} {}", want[i].dtype(), want[i].shape()));
    CHECK(have[i].device() == Device::cuda);
    CHECK(mismatches(want[i], have[i], tolerance) == 0);
    // The same op again gives the same bits.
    const Tensor again = op(on_gpu)[i].to(Device::cpu), first = have[i].to(Device::cpu);
    CHECK((first.bytes() == 0 || std::memcmp(again.raw(), first.raw(), first.bytes()) == 0));
  }
}

}  // namespace siam
