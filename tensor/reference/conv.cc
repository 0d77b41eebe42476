// The definition of the three kernels of a convolution: plain sums over the indices of conv.h.
// Pairs (p, r) with h = p stride + r - padding outside the image contribute nothing.

#include <vector>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"

namespace siam::reference {

namespace {

struct Extents {
  int64_t N, H, W, C, K, R, S, P, Q;
};

Extents extents(const Tensor& x, const Tensor& w, const Tensor& y) {
  return {x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(1), w.dim(2), y.dim(1), y.dim(2)};
}

// Calls body(input pixel, output pixel, filter tap) for each tap inside the image.
template <class Body>
void for_taps(const Extents& e, ConvGeometry g, const Body& body) {
  for (int64_t n = 0; n < e.N; ++n)
    for (int64_t p = 0; p < e.P; ++p)
      for (int64_t q = 0; q < e.Q; ++q)
        for (int64_t r = 0; r < e.R; ++r)
          for (int64_t s = 0; s < e.S; ++s) {
            const int64_t h = p * g.stride + r - g.padding, w = q * g.stride + s - g.padding;
            if (h < 0 || h >= e.H || w < 0 || w >= e.W) continue;
            body((n * e.H + h) * e.W + w, (n * e.P + p) * e.Q + q, r * e.S + s);
          }
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  const Extents e = extents(x, w, y);
  for_any_float(x.dtype(), [&]<class T>(T) {
    const T *image = x.data<T>(), *filter = w.data<T>();
    std::vector<Acc<T>> sums(y.numel(), 0);
    for_taps(e, geometry, [&](int64_t in, int64_t out, int64_t tap) {
      for (int64_t k = 0; k < e.K; ++k) {
        Acc<T> sum = 0;
        for (int64_t c = 0; c < e.C; ++c)
          sum += Acc<T>(image[in * e.C + c]) * Acc<T>(filter[(k * e.R * e.S + tap) * e.C + c]);
        sums[out * e.K + k] += sum;
      }
    });
    for (int64_t i = 0; i < y.numel(); ++i) y.data<T>()[i] = T(sums[i]);
  });
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  const Extents e = extents(dx, w, dy);
  for_any_float(dy.dtype(), [&]<class T>(T) {
    const T *gradient = dy.data<T>(), *filter = w.data<T>();
    std::vector<Acc<T>> sums(dx.numel(), 0);
    for_taps(e, geometry, [&](int64_t in, int64_t out, int64_t tap) {
      for (int64_t k = 0; k < e.K; ++k)
        for (int64_t c = 0; c < e.C; ++c)
          sums[in * e.C + c] +=
              Acc<T>(gradient[out * e.K + k]) * Acc<T>(filter[(k * e.R * e.S + tap) * e.C + c]);
    });
    for (int64_t i = 0; i < dx.numel(); ++i) dx.data<T>()[i] = T(sums[i]);
  });
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  const Extents e = extents(x, dw, dy);
  dw.fill_zero();
  for_any_float(dy.dtype(), [&]<class T>(T) {
    const T *gradient = dy.data<T>(), *image = x.data<T>();
    Acc<T>* sums = dw.data<Acc<T>>();
    for_taps(e, geometry, [&](int64_t in, int64_t out, int64_t tap) {
      for (int64_t k = 0; k < e.K; ++k)
        for (int64_t c = 0; c < e.C; ++c)
          sums[(k * e.R * e.S + tap) * e.C + c] +=
              Acc<T>(gradient[out * e.K + k]) * Acc<T>(image[in * e.C + c]);
    });
  });
}

}  // namespace siam::reference
