#include <algorithm>
#include <vector>

#include "tensor/backends.h"
#include "tensor/cpu/row_blocks.h"
#include "tensor/dispatch_types.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void sum_rows(const Tensor& x, const Tensor& sums) {
  const RowBlocks blocks(x, 1);
  const int64_t channels = blocks.channels;
  std::vector<float> parts(blocks.per_group * channels);
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    blocks.for_each([&](int64_t block, int64_t, int64_t begin, int64_t end) {
      std::vector<float> sum(blocks.line);
      blocks.for_lines(begin, end, [&](int64_t first, int64_t count) {
#pragma GCC ivdep
        for (int64_t i = 0; i < count; ++i) sum[i] += static_cast<float>(in[first + i]);
      });
      blocks.add_up(sum, &parts[block * channels]);
    });
  });
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t block = 0; block < blocks.per_group; ++block) sum += parts[block * channels + c];
    sums.data<float>()[c] = static_cast<float>(sum);
  }
}

void sum_parts(const Tensor& x, const Tensor& sum) {
  const int64_t n = sum.numel();
  const float* in = x.data<float>();
  float* out = sum.data<float>();
  parallel_for(n, 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double total = 0;
      for (int64_t j = i; j < x.numel(); j += n) total += static_cast<double>(in[j]);
      out[i] = static_cast<float>(total);
    }
  });
}

// An exponent of all ones means infinity or NaN: checking the largest magnitude, as an integer, is
// enough.
void all_finite(const Tensor& x, const Tensor& flag) {
  if (x.dtype() != DType::f32) return reference::all_finite(x, flag);
  constexpr int64_t kGrain = 65536;
  const auto* bits = reinterpret_cast<const uint32_t*>(x.data<float>());
  std::vector<uint32_t> largest((x.numel() + kGrain - 1) / kGrain);
  parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    uint32_t most = 0;
    for (int64_t i = begin; i < end; ++i) most = std::max(most, bits[i] & 0x7fffffffu);
    largest[begin / kGrain] = most;
  });
  *flag.data<int32_t>() =
      std::all_of(largest.begin(), largest.end(), [](uint32_t m) { return m < 0x7f800000u; });
}

}  // namespace siam::cpu
