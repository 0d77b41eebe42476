#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"

namespace siam::reference {

namespace {

// y_i = f(x_i), computed in Acc<T>.
template <class F>
void map(const Tensor& x, const Tensor& y, const F& f) {
  for_any_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    T* out = y.data<T>();
    for (int64_t i = 0; i < x.numel(); ++i) out[i] = T(f(Acc<T>(in[i])));
  });
}

// c_i = f(a_i, b_i).
template <class F>
void map(const Tensor& a, const Tensor& b, const Tensor& c, const F& f) {
  for_any_float(a.dtype(), [&]<class T>(T) {
    const T *left = a.data<T>(), *right = b.data<T>();
    T* out = c.data<T>();
    for (int64_t i = 0; i < a.numel(); ++i) out[i] = T(f(Acc<T>(left[i]), Acc<T>(right[i])));
  });
}

}  // namespace

void relu(const Tensor& x, const Tensor& y) { map(x, y, math::Relu()); }

void relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  map(dy, y, dx, math::ReluGrad());
}

void add(const Tensor& a, const Tensor& b, const Tensor& c) {
  map(a, b, c, [](auto x, auto y) { return x + y; });
}

void scale(const Tensor& x, double factor, const Tensor& y) {
  map(x, y, [factor](auto v) { return v * static_cast<decltype(v)>(factor); });
}

void broadcast(const Tensor& s, double constant, const Tensor& y) {
  const double value = s.item() * constant;
  for_any_float(y.dtype(), [&]<class T>(T) {
    for (T& element : y.span<T>()) element = T(Acc<T>(value));
  });
}

void cast(const Tensor& x, const Tensor& y) {
  for_any_float(x.dtype(), [&]<class From>(From) {
    for_any_float(y.dtype(), [&]<class To>(To) {
      for (int64_t i = 0; i < x.numel(); ++i) y.data<To>()[i] = To(Acc<To>(x.data<From>()[i]));
    });
  });
}

void add_bias(const Tensor& x, const Tensor& bias, const Tensor& y) {
  const int64_t channels = x.dim(-1);
  for_any_float(x.dtype(), [&]<class T>(T) {
    for_any_float(bias.dtype(), [&]<class B>(B) {
      for (int64_t i = 0; i < x.numel(); ++i)
        y.data<T>()[i] = T(Acc<T>(x.data<T>()[i]) + Acc<T>(bias.data<B>()[i % channels]));
    });
  });
}

}  // namespace siam::reference
