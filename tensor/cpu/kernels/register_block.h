#pragma once
// The innermost loops: a block of the result stays in registers while the sum runs.
//
// Each step of the sum multiplies kRows numbers of a, one broadcast at a time, with one row of b
// that is one or two vectors wide. 6 x 2 sums, two vectors of b and the broadcast fill 15 of the 16
// registers of SSE and AVX2; 12 x 2 sums do the same with the 32 of AVX-512. Two units with a
// latency of four cycles need eight independent sums.

#include "tensor/cpu/kernels/simd.h"

namespace siam::cpu {
namespace {

constexpr int kRows = kLanes == 16 ? 12 : 6;
constexpr int kFewRows = kRows / 3 * 2;  ///< of a smaller block: 64 rows are 4 kRows + 2 kFewRows
constexpr int kColumns = 2 * kLanes;     ///< of a full panel of b

/// The sums of a block, kCount x kVectors vectors.
template <int kVectors, int kCount = kRows>
struct RegisterBlock {
  Vec sum[kCount][kVectors] = {};

  /// One step of every sum: element(i) of a times b[j].
  template <class Element>
  [[gnu::always_inline]] void step(const Element& element, const float* b) {
    Vec right[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) right[v] = load(b + v * kLanes);
#pragma GCC unroll 12
    for (int i = 0; i < kCount; ++i)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sum[i][v] = multiply_add(element(i), right[v], sum[i][v]);
  }

  /// Prefetches the lines of c that finish() adds to: they come from distant memory, while the sum
  /// runs.
  [[gnu::always_inline]] static void prefetch(const float* c, int64_t c_stride) {
#pragma GCC unroll 12
    for (int i = 0; i < kCount; ++i)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) __builtin_prefetch(c + i * c_stride + v * kLanes, 1);
  }

  /// c (+)= the sums; without `add` c is overwritten.
  [[gnu::always_inline]] void finish(bool add, float* c, int64_t c_stride) const {
#pragma GCC unroll 12
    for (int i = 0; i < kCount; ++i)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        float* to = c + i * c_stride + v * kLanes;
        store(to, add ? load(to) + sum[i][v] : sum[i][v]);
      }
  }
};

/// One row of the result per row of a:
///   c[i][j] (+)= sum_{t < taps} sum_{l < length} rows[i][offset + t tap_stride + l] b[t length +
///   l][j]
/// with i < kRows and j < kVectors kLanes.
template <int kVectors>
void dot_rows(const float* const* rows, int64_t offset, int64_t taps, int64_t tap_stride,
              int64_t length, const float* b, bool add, float* c, int64_t c_stride) {
  RegisterBlock<kVectors> block;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const float* a[kRows];
#pragma GCC unroll 12
    for (int i = 0; i < kRows; ++i) a[i] = rows[i] + offset + tap * tap_stride;
    for (int64_t l = 0; l < length; ++l, b += kVectors * kLanes)
      block.step([&](int i) { return a[i][l]; }, b);
  }
  block.finish(add, c, c_stride);
}

/// One row of the result per column of a, the sum running over a's rows (pixels, tiles), the t-th
/// of which is at row(t):
///   c[i][j] (+)= sum_{t < count} row(t)[i] b[t b_stride + j],
/// with i < kCount.
template <int kVectors, int kCount, class Row>
void dot_columns(const Row& row, const float* b, int64_t b_stride, int64_t count, bool add,
                 float* c, int64_t c_stride) {
  RegisterBlock<kVectors, kCount> block;
  if (add) block.prefetch(c, c_stride);
  for (int64_t t = 0; t < count; ++t, b += b_stride) {
    const float* a = row(t);
    block.step([&](int i) { return a[i]; }, b);
  }
  block.finish(add, c, c_stride);
}

}  // namespace
}  // namespace siam::cpu
