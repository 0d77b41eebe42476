// Loops that the compiler vectorises, in pieces of a few cache pages per thread.

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"
#include "tensor/parallel.h"

namespace siam::cpu {

namespace {

constexpr int64_t kGrain = 32768;

template <class F>
void map(const Tensor& x, const Tensor& y, const F& f) {
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    T* out = y.data<T>();
    parallel_for(x.numel(), kGrain, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = T(f(Acc<T>(in[i])));
    });
  });
}

template <class F>
void map(const Tensor& a, const Tensor& b, const Tensor& c, const F& f) {
  for_float(a.dtype(), [&]<class T>(T) {
    const T *left = a.data<T>(), *right = b.data<T>();
    T* out = c.data<T>();
    parallel_for(a.numel(), kGrain, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = T(f(Acc<T>(left[i]), Acc<T>(right[i])));
    });
  });
}

}  // namespace

void relu(const Tensor& x, const Tensor& y) { map(x, y, math::Relu()); }

void relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  map(dy, y, dx, math::ReluGrad());
}

void add(const Tensor& a, const Tensor& b, const Tensor& c) {
  map(a, b, c, [](float x, float y) { return x + y; });
}

void scale(const Tensor& x, double factor, const Tensor& y) {
  map(x, y, [f = static_cast<float>(factor)](float v) { return v * f; });
}

void broadcast(const Tensor& s, double constant, const Tensor& y) {
  map(y, y, [value = static_cast<float>(s.item() * constant)](float) { return value; });
}

void cast(const Tensor& x, const Tensor& y) {
  if (x.dtype() == DType::f64 || y.dtype() == DType::f64) return reference::cast(x, y);
  for_float(x.dtype(), [&]<class From>(From) {
    for_float(y.dtype(), [&]<class To>(To) {
      const From* in = x.data<From>();
      To* out = y.data<To>();
      parallel_for(x.numel(), kGrain, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) out[i] = To(static_cast<float>(in[i]));
      });
    });
  });
}

void add_bias(const Tensor& x, const Tensor& bias, const Tensor& y) {
  const int64_t channels = x.dim(-1), rows = x.shape().rows();
  for_float(x.dtype(), [&]<class T>(T) {
    for_float(bias.dtype(), [&]<class B>(B) {
      const T* in = x.data<T>();
      const B* shift = bias.data<B>();
      T* out = y.data<T>();
      parallel_for(rows, 16, [=](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
          for (int64_t c = 0; c < channels; ++c)
            out[r * channels + c] =
                T(static_cast<float>(in[r * channels + c]) + static_cast<float>(shift[c]));
      });
    });
  });
}

}  // namespace siam::cpu
