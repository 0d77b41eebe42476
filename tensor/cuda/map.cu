// Pointwise kernels (tensor/map.h).

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"
#include "tensor/math.h"

namespace siam::cuda {

namespace {

struct Add {
  __device__ float operator()(float a, float b) const { return a + b; }
};

struct Scale {
  float factor;
  __device__ float operator()(float x) const { return factor * x; }
};

struct Constant {
  const float* value;
  float factor;
  __device__ float operator()() const { return factor * *value; }
};

struct Same {
  __device__ float operator()(float x) const { return x; }
};

/// f if `enabled` is null or points to a nonzero value, otherwise its first argument.
template <class F>
struct Guarded {
  F f;
  const int32_t* enabled;
  __device__ float operator()(float a, float b) const {
    return enabled == nullptr || *enabled != 0 ? f(a, b) : a;
  }
};

template <int N, class T, class B>
__global__ void __launch_bounds__(Tiling::kThreads)
    add_bias_kernel(Tiling t, const T* x, const B* bias, T* y) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  float b[N], v[N];
  load_constants<N>(bias, part.column, 0.0f, b);
  for (int64_t row = part.begin; row < part.end; row += part.step) {
    const int64_t at = row * t.column_packs * N + part.column;
    load_wide<N>(x + at, v);
#pragma unroll
    for (int i = 0; i < N; ++i) v[i] += b[i];
    store_narrow<N>(y + at, v);
  }
}

}  // namespace

void relu(const Tensor& x, const Tensor& y) {
  for_float(x.dtype(), [&]<class T>(T) { map(x.numel(), math::Relu{}, y.data<T>(), x.data<T>()); });
}

void relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  for_float(dy.dtype(), [&]<class T>(T) {
    map(dy.numel(), math::ReluGrad{}, dx.data<T>(), dy.data<T>(), y.data<T>());
  });
}

void moving_average(const Tensor& mean, const Tensor& x, double momentum, const Tensor& enabled) {
  const math::MovingAverage follow{static_cast<float>(momentum)};
  map(mean.numel(), Guarded<math::MovingAverage>{follow, data_or_null<int32_t>(enabled)},
      mean.data<float>(), static_cast<const float*>(mean.data<float>()),
      static_cast<const float*>(x.data<float>()));
}

void add(const Tensor& a, const Tensor& b, const Tensor& c) {
  for_float(a.dtype(),
            [&]<class T>(T) { map(a.numel(), Add{}, c.data<T>(), a.data<T>(), b.data<T>()); });
}

void scale(const Tensor& x, double factor, const Tensor& y) {
  for_float(x.dtype(), [&]<class T>(T) {
    map(x.numel(), Scale{static_cast<float>(factor)}, y.data<T>(), x.data<T>());
  });
}

void broadcast(const Tensor& s, double constant, const Tensor& y) {
  const Tensor wide =
      s.dtype() == DType::f32 ? s : Tensor::empty(s.shape(), DType::f32, s.device());
  if (s.dtype() != DType::f32) cast(s, wide);
  for_float(y.dtype(), [&]<class T>(T) {
    map(y.numel(), Constant{wide.data<float>(), static_cast<float>(constant)}, y.data<T>());
  });
}

void cast(const Tensor& x, const Tensor& y) {
  for_float(x.dtype(), [&]<class From>(From) {
    for_float(y.dtype(),
              [&]<class To>(To) { map(x.numel(), Same{}, y.data<To>(), x.data<From>()); });
  });
}

void add_bias(const Tensor& x, const Tensor& bias, const Tensor& y) {
  const int64_t columns = x.dim(-1);
  for_float(x.dtype(), [&]<class T>(T) {
    for_float(bias.dtype(), [&]<class B>(B) {
      with_pack_size<T>(columns, {x.raw(), y.raw()}, [&]<int N>(std::integral_constant<int, N>) {
        const Tiling t = make_tiling(1, x.shape().rows(), columns / N);
        launch(add_bias_kernel<N, T, B>, grid_of(t, 1), block_of(t), t, x.data<T>(), bias.data<B>(),
               y.data<T>());
      });
    });
  });
}

}  // namespace siam::cuda
