// Loops over channels innermost, where they vectorise; rows of the result are shared among threads.
// Each sum takes its terms in the reference's order, so the results have the reference's bits.

#include <cstring>
#include <vector>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/parallel.h"

namespace siam::cpu {

void max_pool2d(const Tensor& x, PoolGeometry g, const Tensor& y, const Tensor& taps) {
  const int64_t height = x.dim(1), width = x.dim(2), channels = x.dim(3);
  const int64_t p_count = y.dim(1), q_count = y.dim(2);
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    T* out = y.data<T>();
    uint8_t* winners = taps.data<uint8_t>();
    parallel_for(x.dim(0) * p_count, 1, [=](int64_t row, int64_t end) {
      std::vector<float> best_of(channels);
      std::vector<int32_t> winner_of(channels);  // as wide as the values they go with
      float* best = best_of.data();
      int32_t* winner = winner_of.data();
      for (; row < end; ++row) {
        const int64_t n = row / p_count, top = row % p_count * g.stride - g.padding;
        for (int64_t q = 0; q < q_count; ++q) {
          bool first = true;
          for (int tap = 0; tap < g.window * g.window; ++tap) {
            const int64_t h = top + tap / g.window;
            const int64_t w = q * g.stride - g.padding + tap % g.window;
            if (h < 0 || h >= height || w < 0 || w >= width) continue;
            const T* pixel = in + ((n * height + h) * width + w) * channels;
#pragma GCC ivdep
            for (int64_t c = 0; c < channels; ++c) {
              // Larger, or the first NaN.
              const float value = static_cast<float>(pixel[c]), old = best[c];
              const bool wins = first | (!(value <= old) & (old == old));
              best[c] = wins ? value : old;
              winner[c] = wins ? tap : winner[c];
            }
            first = false;
          }
          const int64_t start = (row * q_count + q) * channels;
          for (int64_t c = 0; c < channels; ++c) out[start + c] = T(best[c]);
          for (int64_t c = 0; c < channels; ++c)
            winners[start + c] = static_cast<uint8_t>(winner[c]);
        }
      }
    });
  });
}

// For each pixel of the image, the windows that contain it: no two threads add to the same element.
void max_pool2d_backward(const Tensor& dy, const Tensor& taps, PoolGeometry g, const Tensor& dx) {
  const int64_t height = dx.dim(1), width = dx.dim(2), channels = dx.dim(3);
  const int64_t p_count = dy.dim(1), q_count = dy.dim(2);
  for_float(dx.dtype(), [&]<class T>(T) {
    const T* in = dy.data<T>();
    const uint8_t* winners = taps.data<uint8_t>();
    T* out = dx.data<T>();
    parallel_for(dx.dim(0) * height, 1, [=](int64_t row, int64_t end) {
      std::vector<float> sums(channels);
      float* sum = sums.data();
      for (; row < end; ++row) {
        const int64_t n = row / height, bottom = row % height + g.padding;
        for (int64_t w = 0; w < width; ++w) {
          std::memset(sum, 0, channels * sizeof(float));
          for (int tap = 0; tap < g.window * g.window; ++tap) {
            const int64_t top = bottom - tap / g.window, left = w + g.padding - tap % g.window;
            if (top < 0 || left < 0 || top % g.stride || left % g.stride) continue;
            const int64_t p = top / g.stride, q = left / g.stride;
            if (p >= p_count || q >= q_count) continue;
            const int64_t start = ((n * p_count + p) * q_count + q) * channels;
#pragma GCC ivdep
            for (int64_t c = 0; c < channels; ++c) {
              const float gradient = static_cast<float>(in[start + c]);
              sum[c] += winners[start + c] == tap ? gradient : 0.0f;
            }
          }
          const int64_t start = (row * width + w) * channels;
          for (int64_t c = 0; c < channels; ++c) out[start + c] = T(sum[c]);
        }
      }
    });
  });
}

void global_avg_pool(const Tensor& x, const Tensor& y) {
  const int64_t pixels = x.dim(1) * x.dim(2), channels = x.dim(3);
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    T* out = y.data<T>();
    parallel_for(x.dim(0), 1, [=](int64_t n, int64_t) {
      std::vector<double> sums(channels, 0);
      double* sum = sums.data();
      for (int64_t i = n * pixels; i < (n + 1) * pixels; ++i)
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c)
          sum[c] += static_cast<double>(static_cast<float>(in[i * channels + c]));
      for (int64_t c = 0; c < channels; ++c)
        out[n * channels + c] = T(static_cast<float>(sum[c] / static_cast<double>(pixels)));
    });
  });
}

void global_avg_pool_backward(const Tensor& dy, const Tensor& dx) {
  const int64_t pixels = dx.dim(1) * dx.dim(2), channels = dx.dim(3);
  for_float(dx.dtype(), [&]<class T>(T) {
    const T* in = dy.data<T>();
    T* out = dx.data<T>();
    parallel_for(dx.dim(0), 1, [=](int64_t n, int64_t) {
      T* first = out + n * pixels * channels;
      for (int64_t c = 0; c < channels; ++c)
        first[c] = T(static_cast<float>(in[n * channels + c]) / static_cast<float>(pixels));
      for (int64_t i = 1; i < pixels; ++i)
        std::memcpy(first + i * channels, first, channels * sizeof(T));
    });
  });
}

}  // namespace siam::cpu
