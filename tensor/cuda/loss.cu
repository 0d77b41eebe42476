// Row-wise functions (tensor/loss.h): one block per row, sums in a fixed order. The rows are read
// twice, the second time from cache.

#include "tensor/backends.h"
#include "tensor/cuda/block_reduce.h"
#include "tensor/math.h"

namespace siam::cuda {

namespace {

constexpr float kCosineEps = 1e-8f, kNormEps = 1e-12f;

/// Blocks are the rows of a matrix; a thread visits elements i = threadIdx.x, + kBlock, ...
template <class F>
__global__ void __launch_bounds__(kBlock) row_kernel(int64_t columns, F f) {
  f(int64_t{blockIdx.x}, columns);
}

template <class F>
void for_rows(const Tensor& x, F f) {
  launch(row_kernel<F>, dim3(static_cast<unsigned>(x.dim(0))), dim3(kBlock), x.dim(1), f);
}

template <class Body>
__device__ void for_columns(int64_t columns, const Body& body) {
  for (int64_t i = threadIdx.x; i < columns; i += kBlock) body(i);
}

using Dots = math::CosineDots<float>;

template <class T>
__device__ Dots dots(const T* p, const T* z, int64_t columns) {
  Dots sums;
  for_columns(columns, [&](int64_t i) { sums.add(widen(p[i]), widen(z[i])); });
  return merge_block(sums);
}

/// log sum exp in one pass: the largest value so far, and the sum of exp(x - largest).
struct LogSumExp {
  float largest = -INFINITY, sum = 0;
  __device__ void merge(const LogSumExp& other) {
    if (other.sum == 0) return;
    const float top = fmaxf(largest, other.largest);
    sum = sum * expf(largest - top) + other.sum * expf(other.largest - top);
    largest = top;
  }
  __device__ float value() const { return largest + logf(sum); }
};

template <class T>
__device__ float log_sum_exp(const T* row, int64_t columns) {
  LogSumExp state;
  for_columns(columns, [&](int64_t i) { state.merge({widen(row[i]), 1.0f}); });
  return merge_block(state).value();
}

template <class T>
struct Cosine {
  const T *p, *z;
  float* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const Dots d = dots(p + row * n, z + row * n, n);
    if (threadIdx.x == 0)
      y[row] = d.pz / (fmaxf(sqrtf(d.pp), kCosineEps) * fmaxf(sqrtf(d.zz), kCosineEps));
  }
};

template <class T>
struct CosineBackward {
  const float* dy;
  const T *p, *z;
  T* dp;
  __device__ void operator()(int64_t row, int64_t n) const {
    const Dots d = dots(p + row * n, z + row * n, n);
    const float p_norm = fmaxf(sqrtf(d.pp), kCosineEps), z_norm = fmaxf(sqrtf(d.zz), kCosineEps);
    const float of_z = dy[row] / (p_norm * z_norm);
    const bool clamped = sqrtf(d.pp) < kCosineEps;
    const math::CosineGrad<float> grad{of_z, clamped ? 0 : of_z * (d.pz / p_norm) / p_norm};
    for_columns(n, [&](int64_t i) {
      const int64_t at = row * n + i;
      dp[at] = narrow<T>(grad(widen(p[at]), widen(z[at])));
    });
  }
};

template <class T, bool Log>
struct Softmax {
  const T* x;
  T* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const float lse = log_sum_exp(x + row * n, n);
    for_columns(n, [&](int64_t i) {
      const float log_probability = widen(x[row * n + i]) - lse;
      y[row * n + i] = narrow<T>(Log ? log_probability : expf(log_probability));
    });
  }
};

template <class T>
struct SoftmaxBackward {
  const T *dy, *y;
  T* dx;
  __device__ void operator()(int64_t row, int64_t n) const {
    const float sum = dots(dy + row * n, y + row * n, n).pz;
    for_columns(n, [&](int64_t i) {
      const int64_t at = row * n + i;
      dx[at] = narrow<T>(math::SoftmaxGrad()(widen(dy[at]), widen(y[at]), sum));
    });
  }
};

template <class T>
struct CrossEntropy {
  const T *x, *target;
  float* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const float lse = log_sum_exp(x + row * n, n);
    Sums<1> sum;
    for_columns(n, [&](int64_t i) {
      sum.values[0] -= widen(target[row * n + i]) * (widen(x[row * n + i]) - lse);
    });
    sum = merge_block(sum);
    if (threadIdx.x == 0) y[row] = sum.values[0];
  }
};

template <class T>
struct CrossEntropyBackward {
  const float* dy;
  const T *x, *target;
  T* dx;
  __device__ void operator()(int64_t row, int64_t n) const {
    const float lse = log_sum_exp(x + row * n, n);
    Sums<1> total;
    for_columns(n, [&](int64_t i) { total.values[0] += widen(target[row * n + i]); });
    total = merge_block(total);
    for_columns(n, [&](int64_t i) {
      const int64_t at = row * n + i;
      const float probability = expf(widen(x[at]) - lse);
      dx[at] = narrow<T>(dy[row] * (probability * total.values[0] - widen(target[at])));
    });
  }
};

template <class T>
struct NormalizeRows {
  const T* x;
  T* y;
  __device__ void operator()(int64_t row, int64_t n) const {
    const float norm = fmaxf(sqrtf(dots(x + row * n, x + row * n, n).pp), kNormEps);
    for_columns(n, [&](int64_t i) { y[row * n + i] = narrow<T>(widen(x[row * n + i]) / norm); });
  }
};

template <class T>
struct NormalizeRowsBackward {
  const T *dy, *x;
  T* dx;
  __device__ void operator()(int64_t row, int64_t n) const {
    const Dots d = dots(x + row * n, dy + row * n, n);
    const float length = sqrtf(d.pp), norm = fmaxf(length, kNormEps);
    const math::CosineGrad<float> grad{1 / norm,
                                       length < kNormEps ? 0 : d.pz / norm / norm / norm};
    for_columns(n, [&](int64_t i) {
      const int64_t at = row * n + i;
      dx[at] = narrow<T>(grad(widen(x[at]), widen(dy[at])));
    });
  }
};

}  // namespace

void cosine_similarity(const Tensor& p, const Tensor& z, const Tensor& y) {
  for_float(p.dtype(), [&]<class T>(T) {
    for_rows(p, Cosine<T>{p.data<T>(), z.data<T>(), y.data<float>()});
  });
}

void cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z,
                                const Tensor& dp) {
  for_float(p.dtype(), [&]<class T>(T) {
    for_rows(p, CosineBackward<T>{dy.data<float>(), p.data<T>(), z.data<T>(), dp.data<T>()});
  });
}

void softmax(const Tensor& x, const Tensor& y) {
  for_float(x.dtype(), [&]<class T>(T) {
    for_rows(x, Softmax<T, false>{x.data<T>(), y.data<T>()});
  });
}

void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  for_float(y.dtype(), [&]<class T>(T) {
    for_rows(y, SoftmaxBackward<T>{dy.data<T>(), y.data<T>(), dx.data<T>()});
  });
}

void log_softmax(const Tensor& x, const Tensor& y) {
  for_float(x.dtype(), [&]<class T>(T) {
    for_rows(x, Softmax<T, true>{x.data<T>(), y.data<T>()});
  });
}

void softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& y) {
  for_float(logits.dtype(), [&]<class T>(T) {
    for_rows(logits, CrossEntropy<T>{logits.data<T>(), target.data<T>(), y.data<float>()});
  });
}

void softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                                    const Tensor& dlogits) {
  for_float(logits.dtype(), [&]<class T>(T) {
    for_rows(logits, CrossEntropyBackward<T>{dy.data<float>(), logits.data<T>(), target.data<T>(),
                                             dlogits.data<T>()});
  });
}

void normalize_rows(const Tensor& x, const Tensor& y) {
  for_float(x.dtype(), [&]<class T>(T) {
    for_rows(x, NormalizeRows<T>{x.data<T>(), y.data<T>()});
  });
}

void normalize_rows_backward(const Tensor& dy, const Tensor& x, const Tensor& dx) {
  for_float(x.dtype(), [&]<class T>(T) {
    for_rows(x, NormalizeRowsBackward<T>{dy.data<T>(), x.data<T>(), dx.data<T>()});
  });
}

}  // namespace siam::cuda
