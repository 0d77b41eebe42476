// Pooling (tensor/pool.h). Backward gathers: each input pixel looks at the few windows that contain
// it, so there are no atomic additions and the order of the sum is fixed.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"

namespace siam::cuda {

namespace {

struct Images {
  int height, width, channels;
  __device__ int64_t offset(int n, int h, int w, int64_t channel) const {
    return ((int64_t{n} * height + h) * width + w) * channels + channel;
  }
};

Images images_of(const Tensor& x) {
  check(x.shape().rows() < int64_t{1} << 32,
        "pool: {} pixels; at most 2^32 - 1 are supported; use a smaller batch", x.shape().rows());
  return {static_cast<int>(x.dim(1)), static_cast<int>(x.dim(2)), static_cast<int>(x.dim(3))};
}

template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    max_pool_kernel(Tiling t, PoolGeometry g, Images in, Images out, const T* x, T* y,
                    uint8_t* taps) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  for (int64_t row = part.begin; row < part.end; row += part.step) {
    const Pixel to = pixel_of(static_cast<uint32_t>(row), out.height, out.width);
    float best[N] = {};
    Pack<uint8_t, N> winner{};
    bool first = true;
#pragma unroll 1
    for (int r = 0; r < g.window; ++r) {
      const int h = to.h * g.stride + r - g.padding;
      if (h < 0 || h >= in.height) continue;
#pragma unroll 1
      for (int s = 0; s < g.window; ++s) {
        const int w = to.w * g.stride + s - g.padding;
        if (w < 0 || w >= in.width) continue;
        float v[N];
        load_wide<N>(x + in.offset(to.n, h, w, part.column), v);
#pragma unroll
        for (int i = 0; i < N; ++i) {
          // The first of equals stays; the first NaN beats everything.
          if (first || v[i] > best[i] || (isnan(v[i]) && !isnan(best[i]))) {
            best[i] = v[i];
            winner.values[i] = static_cast<uint8_t>(r * g.window + s);
          }
        }
        first = false;
      }
    }
    const int64_t at = row * out.channels + part.column;
    store_narrow<N>(y + at, best);
    store<N>(taps + at, winner);
  }
}

template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    max_pool_backward_kernel(Tiling t, PoolGeometry g, Images in, Images out, const T* dy,
                             const uint8_t* taps, T* dx) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  for (int64_t row = part.begin; row < part.end; row += part.step) {
    const Pixel at = pixel_of(static_cast<uint32_t>(row), in.height, in.width);
    const WindowRange p_range = windows_over(at.h, g.window, g.stride, g.padding, out.height);
    const WindowRange q_range = windows_over(at.w, g.window, g.stride, g.padding, out.width);
    float sum[N] = {};
    for (int p = p_range.first; p <= p_range.last; ++p) {
      for (int q = q_range.first; q <= q_range.last; ++q) {
        const int tap =
            (at.h + g.padding - p * g.stride) * g.window + at.w + g.padding - q * g.stride;
        const int64_t from = out.offset(at.n, p, q, part.column);
        const Pack<uint8_t, N> winner = load<N>(taps + from);
        float v[N];
        load_wide<N>(dy + from, v);
#pragma unroll
        for (int i = 0; i < N; ++i) sum[i] += winner.values[i] == tap ? v[i] : 0.0f;
      }
    }
    store_narrow<N>(dx + row * in.channels + part.column, sum);
  }
}

/// Rows of the tiling are images.
template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    avg_pool_kernel(Tiling t, int pixels, const T* x, T* y) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  const int64_t columns = t.column_packs * N;
  for (int64_t n = part.begin; n < part.end; n += part.step) {
    float sum[N] = {}, v[N];
    for (int pixel = 0; pixel < pixels; ++pixel) {
      load_wide<N>(x + (n * pixels + pixel) * columns + part.column, v);
#pragma unroll
      for (int i = 0; i < N; ++i) sum[i] += v[i];
    }
#pragma unroll
    for (int i = 0; i < N; ++i) sum[i] /= static_cast<float>(pixels);
    store_narrow<N>(y + n * columns + part.column, sum);
  }
}

template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    avg_pool_backward_kernel(Tiling t, int pixels, const T* dy, T* dx) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  const int64_t columns = t.column_packs * N;
  for (int64_t n = part.begin; n < part.end; n += part.step) {
    float v[N];
    load_wide<N>(dy + n * columns + part.column, v);
#pragma unroll
    for (int i = 0; i < N; ++i) v[i] /= static_cast<float>(pixels);
    for (int pixel = 0; pixel < pixels; ++pixel)
      store_narrow<N>(dx + (n * pixels + pixel) * columns + part.column, v);
  }
}

/// Calls body(T, pack size, tiling of `rows` pixels or images); a thread reads all pixels of an
/// image.
template <class Body>
void tiled(const Tensor& x, const Tensor& y, int64_t rows, int rows_per_thread, const Body& body) {
  const int64_t channels = x.dim(-1);
  for_float(x.dtype(), [&]<class T>(T type) {
    with_pack_size<T>(channels, {x.raw(), y.raw()}, [&]<int N>(std::integral_constant<int, N> n) {
      body(type, n, make_tiling(1, rows, channels / N, Tiling::kBlocks, rows_per_thread));
    });
  });
}

}  // namespace

void max_pool2d(const Tensor& x, PoolGeometry geometry, const Tensor& y, const Tensor& taps) {
  const Images in = images_of(x), out = images_of(y);
  tiled(x, y, y.shape().rows(), Tiling::kRowsPerThread,
        [&]<class T, int N>(T, std::integral_constant<int, N>, Tiling t) {
          launch(max_pool_kernel<N, T>, grid_of(t, 1), block_of(t), t, geometry, in, out,
                 static_cast<const T*>(x.data<T>()), y.data<T>(), taps.data<uint8_t>());
        });
}

void max_pool2d_backward(const Tensor& dy, const Tensor& taps, PoolGeometry geometry,
                         const Tensor& dx) {
  const Images in = images_of(dx), out = images_of(dy);
  tiled(dy, dx, dx.shape().rows(), Tiling::kRowsPerThread,
        [&]<class T, int N>(T, std::integral_constant<int, N>, Tiling t) {
          launch(max_pool_backward_kernel<N, T>, grid_of(t, 1), block_of(t), t, geometry, in, out,
                 static_cast<const T*>(dy.data<T>()),
                 static_cast<const uint8_t*>(taps.data<uint8_t>()), dx.data<T>());
        });
}

void global_avg_pool(const Tensor& x, const Tensor& y) {
  const int pixels = static_cast<int>(x.dim(1) * x.dim(2));
  tiled(x, y, x.dim(0), 1, [&]<class T, int N>(T, std::integral_constant<int, N>, Tiling t) {
    launch(avg_pool_kernel<N, T>, grid_of(t, 1), block_of(t), t, pixels,
           static_cast<const T*>(x.data<T>()), y.data<T>());
  });
}

void global_avg_pool_backward(const Tensor& dy, const Tensor& dx) {
  const int pixels = static_cast<int>(dx.dim(1) * dx.dim(2));
  tiled(dy, dx, dx.dim(0), 1, [&]<class T, int N>(T, std::integral_constant<int, N>, Tiling t) {
    launch(avg_pool_backward_kernel<N, T>, grid_of(t, 1), block_of(t), t, pixels,
           static_cast<const T*>(dy.data<T>()), dx.data<T>());
  });
}

}  // namespace siam::cuda
