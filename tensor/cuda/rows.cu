// Row-wise functions (tensor/rows.h): one block per row, sums in a fixed order. The rows are read
// twice, the second time from cache; N elements at a time, 16 bytes if the rows' alignment allows
// it.

#include "tensor/backends.h"
#include "tensor/cuda/block_reduce.h"
#include "tensor/math.h"

namespace siam::cuda {

namespace {

template <class F>
__global__ void __launch_bounds__(kBlock) row_kernel(int64_t columns, F f) {
  f(int64_t{blockIdx.x}, columns);
}

/// Launches make(T, N), a functor of (row, columns) for a whole block, on the rows of x. All
/// pointers point to matrices of x's shape and type, or are null.
template <class Make>
void for_rows(const Tensor& x, const std::vector<const void*>& matrices, const Make& make) {
  for_float(x.dtype(), [&]<class T>(T type) {
    with_pack_size<T>(x.dim(1), matrices, [&](auto n) {
      const auto f = make(type, n);
      launch(row_kernel<std::decay_t<decltype(f)>>, dim3(static_cast<unsigned>(x.dim(0))),
             dim3(kBlock), x.dim(1), f);
    });
  });
}

/// body(x[i]...) for the thread's elements i of a row.
template <int N, class Body, class... T>
__device__ void for_columns(int64_t columns, const Body& body, const T*... x) {
  for (int64_t i = int64_t{threadIdx.x} * N; i < columns; i += kBlock * N)
    [&](const Pack<T, N>&... packs) {
#pragma unroll
      for (int lane = 0; lane < N; ++lane) body(widen(packs.values[lane])...);
    }(load<N>(x + i)...);
}

/// y[i] = f(x[i]...) for the thread's elements i of a row.
template <int N, class Y, class F, class... T>
__device__ void map_columns(int64_t columns, Y* y, const F& f, const T*... x) {
  for (int64_t i = int64_t{threadIdx.x} * N; i < columns; i += kBlock * N)
    [&](const Pack<T, N>&... packs) {
      float results[N];
#pragma unroll
      for (int lane = 0; lane < N; ++lane) results[lane] = f(widen(packs.values[lane])...);
      store_narrow<N>(y + i, results);
    }(load<N>(x + i)...);
}

using Dots = math::CosineDots<float>;

template <int N, class T>
__device__ Dots dots(const T* p, const T* z, int64_t columns) {
  Dots sums;
  for_columns<N>(
      columns, [&](float a, float b) { sums.add(a, b); }, p, z);
  return merge_block(sums);
}

template <int N, class T>
__device__ math::LogSumExp<float> log_sum_exp(const T* row, int64_t columns) {
  math::LogSumExp<float> state;
  for_columns<N>(
      columns, [&](float x) { state.add(x); }, row);
  return merge_block(state);
}

template <int N, class T>
struct Cosine {
  const T *p, *z;
  float* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const Dots d = dots<N>(p + row * n, z + row * n, n);
    if (threadIdx.x == 0) y[row] = d.cosine();
  }
};

template <int N, class T>
struct CosineBackward {
  const float* dy;
  const T *p, *z;
  T* dp;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const math::CosineGrad<float> grad = dots<N>(p + at, z + at, n).grad(dy[row]);
    map_columns<N>(n, dp + at, grad, p + at, z + at);
  }
};

template <int N, class T>
struct Softmax {
  const T* x;
  T* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const auto state = log_sum_exp<N>(x + at, n);
    map_columns<N>(
        n, y + at, [&](float v) { return state.softmax(v); }, x + at);
  }
};

template <int N, class T>
struct SoftmaxBackward {
  const T *dy, *y;
  T* dx;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const float sum = dots<N>(dy + at, y + at, n).pz;
    const auto grad = [&](float g, float v) { return math::SoftmaxGrad()(g, v, sum); };
    map_columns<N>(n, dx + at, grad, dy + at, y + at);
  }
};

template <int N, class T>
struct CrossEntropy {
  const T *x, *target;
  float* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const auto state = log_sum_exp<N>(x + at, n);
    Sums<1> sum;
    const auto add = [&](float t, float v) {
      sum.values[0] += math::CrossEntropy()(t, state.log_softmax(v));
    };
    for_columns<N>(n, add, target + at, x + at);
    sum = merge_block(sum);
    if (threadIdx.x == 0) y[row] = sum.values[0];
  }
};

template <int N, class T>
struct CrossEntropyBackward {
  const float* dy;
  const T *x, *target;
  T* dx;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const auto state = log_sum_exp<N>(x + at, n);
    Sums<1> total;
    for_columns<N>(
        n, [&](float t) { total.values[0] += t; }, target + at);
    total = merge_block(total);
    const auto grad = [&](float v, float t) {
      return math::CrossEntropyGrad()(dy[row], state.softmax(v), t, total.values[0]);
    };
    map_columns<N>(n, dx + at, grad, x + at, target + at);
  }
};

template <int N, class T>
struct NormalizeRows {
  const T* x;
  T* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const float length =
        math::clamped_length(dots<N>(x + at, x + at, n).pp, float{Dots::kNormalizeEps});
    map_columns<N>(
        n, y + at, [&](float v) { return v / length; }, x + at);
  }
};

template <int N, class T>
struct NormalizeRowsBackward {
  const T *dy, *x;
  T* dx;
  __device__ void operator()(int64_t row, int64_t n) const {
    const int64_t at = row * n;
    const math::CosineGrad<float> grad = dots<N>(x + at, dy + at, n).normalize_grad();
    map_columns<N>(n, dx + at, grad, x + at, dy + at);
  }
};

}  // namespace

void cosine_similarity(const Tensor& p, const Tensor& z, const Tensor& y) {
  for_rows(p, {p.raw(), z.raw()}, [&]<class T, int N>(T, std::integral_constant<int, N>) {
    return Cosine<N, T>{p.data<T>(), z.data<T>(), y.data<float>()};
  });
}

void cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z,
                                const Tensor& dp) {
  for_rows(p, {p.raw(), z.raw(), dp.raw()}, [&]<class T, int N>(T, std::integral_constant<int, N>) {
    return CosineBackward<N, T>{dy.data<float>(), p.data<T>(), z.data<T>(), dp.data<T>()};
  });
}

void softmax(const Tensor& x, const Tensor& y) {
  for_rows(x, {x.raw(), y.raw()}, [&]<class T, int N>(T, std::integral_constant<int, N>) {
    return Softmax<N, T>{x.data<T>(), y.data<T>()};
  });
}

void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  for_rows(y, {dy.raw(), y.raw(), dx.raw()},
           [&]<class T, int N>(T, std::integral_constant<int, N>) {
             return SoftmaxBackward<N, T>{dy.data<T>(), y.data<T>(), dx.data<T>()};
           });
}

void softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& y) {
  for_rows(logits, {logits.raw(), target.raw()},
           [&]<class T, int N>(T, std::integral_constant<int, N>) {
             return CrossEntropy<N, T>{logits.data<T>(), target.data<T>(), y.data<float>()};
           });
}

void softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                                    const Tensor& dlogits) {
  for_rows(logits, {logits.raw(), target.raw(), dlogits.raw()},
           [&]<class T, int N>(T, std::integral_constant<int, N>) {
             return CrossEntropyBackward<N, T>{dy.data<float>(), logits.data<T>(), target.data<T>(),
                                               dlogits.data<T>()};
           });
}

void normalize_rows(const Tensor& x, const Tensor& y) {
  for_rows(x, {x.raw(), y.raw()}, [&]<class T, int N>(T, std::integral_constant<int, N>) {
    return NormalizeRows<N, T>{x.data<T>(), y.data<T>()};
  });
}

void normalize_rows_backward(const Tensor& dy, const Tensor& x, const Tensor& dx) {
  for_rows(x, {dy.raw(), x.raw(), dx.raw()},
           [&]<class T, int N>(T, std::integral_constant<int, N>) {
             return NormalizeRowsBackward<N, T>{dy.data<T>(), x.data<T>(), dx.data<T>()};
           });
}

}  // namespace siam::cuda
