#include <cmath>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"

namespace siam::reference {

void max_pool2d(const Tensor& x, PoolGeometry geometry, const Tensor& y, const Tensor& taps) {
  const int64_t height = x.dim(1), width = x.dim(2), channels = x.dim(3);
  const int64_t p_count = y.dim(1), q_count = y.dim(2);
  for_any_float(x.dtype(), [&]<class T>(T) {
    const T* image = x.data<T>();
    T* best_of = y.data<T>();
    uint8_t* winner_of = taps.data<uint8_t>();
    int64_t out = 0;
    for (int64_t n = 0; n < x.dim(0); ++n)
      for (int64_t p = 0; p < p_count; ++p)
        for (int64_t q = 0; q < q_count; ++q)
          for (int64_t c = 0; c < channels; ++c, ++out) {
            int winner = -1;
            Acc<T> best = 0;
            for (int tap = 0; tap < geometry.window * geometry.window; ++tap) {
              const int64_t h = p * geometry.stride - geometry.padding + tap / geometry.window;
              const int64_t w = q * geometry.stride - geometry.padding + tap % geometry.window;
              if (h < 0 || h >= height || w < 0 || w >= width) continue;
              const Acc<T> value = image[((n * height + h) * width + w) * channels + c];
              if (winner < 0 || value > best || (std::isnan(value) && !std::isnan(best))) {
                winner = tap;
                best = value;
              }
            }
            best_of[out] = T(best);
            winner_of[out] = static_cast<uint8_t>(winner);
          }
  });
}

void max_pool2d_backward(const Tensor& dy, const Tensor& taps, PoolGeometry geometry,
                         const Tensor& dx) {
  const int64_t height = dx.dim(1), width = dx.dim(2), channels = dx.dim(3);
  const int64_t p_count = dy.dim(1), q_count = dy.dim(2);
  for_any_float(dx.dtype(), [&]<class T>(T) {
    const T* gradient = dy.data<T>();
    const uint8_t* winner_of = taps.data<uint8_t>();
    T* result = dx.data<T>();
    // For each image element, the windows that contain it, so that every sum is rounded once.
    for (int64_t n = 0; n < dx.dim(0); ++n)
      for (int64_t h = 0; h < height; ++h)
        for (int64_t w = 0; w < width; ++w)
          for (int64_t c = 0; c < channels; ++c) {
            Acc<T> sum = 0;
            for (int tap = 0; tap < geometry.window * geometry.window; ++tap) {
              const int64_t top = h + geometry.padding - tap / geometry.window;
              const int64_t left = w + geometry.padding - tap % geometry.window;
              if (top < 0 || left < 0 || top % geometry.stride || left % geometry.stride) continue;
              const int64_t p = top / geometry.stride, q = left / geometry.stride;
              if (p >= p_count || q >= q_count) continue;
              const int64_t out = ((n * p_count + p) * q_count + q) * channels + c;
              if (winner_of[out] == tap) sum += Acc<T>(gradient[out]);
            }
            result[((n * height + h) * width + w) * channels + c] = T(sum);
          }
  });
}

void global_avg_pool(const Tensor& x, const Tensor& y) {
  const int64_t pixels = x.dim(1) * x.dim(2), channels = x.dim(3);
  for_any_float(x.dtype(), [&]<class T>(T) {
    const T* image = x.data<T>();
    T* means = y.data<T>();
    for (int64_t n = 0; n < x.dim(0); ++n)
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (int64_t i = 0; i < pixels; ++i) sum += Acc<T>(image[(n * pixels + i) * channels + c]);
        means[n * channels + c] = T(Acc<T>(sum / static_cast<double>(pixels)));
      }
  });
}

void global_avg_pool_backward(const Tensor& dy, const Tensor& dx) {
  const int64_t pixels = dx.dim(1) * dx.dim(2), channels = dx.dim(3);
  for_any_float(dx.dtype(), [&]<class T>(T) {
    const T* gradient = dy.data<T>();
    T* result = dx.data<T>();
    for (int64_t i = 0; i < dx.numel(); ++i) {
      const int64_t n = i / (pixels * channels), c = i % channels;
      result[i] = T(Acc<T>(gradient[n * channels + c]) / static_cast<Acc<T>>(pixels));
    }
  });
}

}  // namespace siam::reference
