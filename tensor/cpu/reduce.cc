#include <algorithm>
#include <cmath>
#include <vector>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void sum_rows(const Tensor& x, const Tensor& sums) {
  constexpr int64_t kRows = 64;  // per partial sum
  const int64_t channels = x.dim(-1), rows = x.shape().rows(), pieces = (rows + kRows - 1) / kRows;
  std::vector<float> partial(pieces * channels);
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    parallel_for(rows, kRows, [&](int64_t begin, int64_t end) {
      float* sum = &partial[begin / kRows * channels];
      for (int64_t r = begin; r < end; ++r)
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c) sum[c] += static_cast<float>(in[r * channels + c]);
    });
  });
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t piece = 0; piece < pieces; ++piece) sum += partial[piece * channels + c];
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
