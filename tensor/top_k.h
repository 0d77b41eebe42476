#pragma once
// The largest elements of each row: the neighbours of a query.

#include <bit>

#include "tensor/host_device.h"
#include "tensor/tensor.h"

namespace siam {

struct TopK {
  Tensor values;   ///< f32 [rows,k], the largest first
  Tensor columns;  ///< i32 [rows,k], their columns
};

constexpr int kMostTopKOnGpu = 1024;

/// The k largest of each row of x, f32 [rows,C] (torch.topk). Of equal elements the lower column
/// comes first; a NaN counts as larger than every number. Error unless 1 <= k <= C, and k <=
/// kMostTopKOnGpu on a GPU.
TopK top_k(const Tensor& x, int64_t k);

/// An element as an integer that is ordered as in top_k, and unique in its row: the value's bits,
/// transformed so that they compare as the values do, above the complement of the column.
struct RankKey {
  uint64_t bits = 0;  ///< 0: below every element

  RankKey() = default;
  SIAM_HOST_DEVICE RankKey(float value, int64_t column) {
    uint32_t x = std::bit_cast<uint32_t>(value == 0 ? 0.0f : value);  // -0 equals 0
    if (value != value) x &= 0x7fffffffu;  // a NaN's sign says nothing: x86 sets it, GPUs do not
    const uint32_t ordered = x >> 31 ? ~x : x | 0x80000000u;
    bits = uint64_t{ordered} << 32 | static_cast<uint32_t>(~static_cast<uint32_t>(column));
  }
  SIAM_HOST_DEVICE float value() const {
    const auto ordered = static_cast<uint32_t>(bits >> 32);
    return std::bit_cast<float>(ordered >> 31 ? ordered & 0x7fffffffu : ~ordered);
  }
  SIAM_HOST_DEVICE int32_t column() const {
    return static_cast<int32_t>(~static_cast<uint32_t>(bits));
  }
};

}  // namespace siam
