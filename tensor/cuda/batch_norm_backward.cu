// Batch norm, backward (tensor/batch_norm.h): one pass sums dy and dy xhat per group and channel, a
// second writes dx and the residual's gradient. Both recompute the ReLU's mask instead of storing
// it: the norm is limited by memory traffic, not by arithmetic.

#include "tensor/backends.h"
#include "tensor/cuda/batch_norm_kernels.h"
#include "tensor/cuda/block_reduce.h"
#include "tensor/cuda/column_reduce.h"

namespace siam::cuda {

namespace {

enum class Mask {
  none,    ///< no ReLU
  from_x,  ///< where scale x + shift > 0
  from_y,  ///< where y > 0: a residual was added
};

template <class T>
struct Inputs {
  Mask mask;
  const T *dy, *x, *y;

  /// dy behind the ReLU, and x, of N channels from `at` on.
  template <int N>
  __device__ void load(int64_t at, const math::Affine<float> (&affine)[N], float (&g)[N],
                       float (&v)[N]) const {
    load_wide<N>(dy + at, g);
    load_wide<N>(x + at, v);
    if (mask == Mask::none) return;
    float out[N];
    if (mask == Mask::from_y) load_wide<N>(y + at, out);
#pragma unroll
    for (int i = 0; i < N; ++i)
      g[i] = math::ReluGrad()(g[i], mask == Mask::from_y ? out[i] : affine[i](v[i]));
  }
};

/// The sums of dy and dy xhat.
template <int N, class T>
struct AddGradients {
  Inputs<T> in;
  Normalization norm;

  struct Add {
    Inputs<T> in;
    int64_t column, channels;
    math::Affine<float> affine[N];
    float mean[N], inverse_deviation[N];
    __device__ void operator()(Sums<2> (&states)[N], int64_t row) const {
      float g[N], v[N];
      in.template load<N>(row * channels + column, affine, g, v);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        const float xhat = (v[i] - mean[i]) * inverse_deviation[i];
        states[i].values[0] += g[i];
        states[i].values[1] += g[i] * xhat;
      }
    }
  };
  __device__ Add operator()(const Part& part) const {
    Add add{in, part.column, norm.channels, {}, {}, {}};
#pragma unroll
    for (int i = 0; i < N; ++i) {
      const int64_t c = part.column + i;
      add.affine[i] = norm.affine(part.group, c);
      add.mean[i] = norm.mean[part.group * norm.channels + c];
      add.inverse_deviation[i] = norm.inverse_deviation(part.group, c);
    }
    return add;
  }
};

/// Keeps the sums of each group for the second pass, and adds up the parameters' gradients, groups
/// in order.
struct StoreGradients {
  Sums<2>* sums;
  float *dgamma, *dbeta;
  int64_t channels;
  __device__ void operator()(int group, int64_t c, const Sums<2>& state) const {
    sums[group * channels + c] = state;
    dbeta[c] = (group == 0 ? 0.0f : dbeta[c]) + state.values[0];
    dgamma[c] = (group == 0 ? 0.0f : dgamma[c]) + state.values[1];
  }
};

template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    backward_kernel(Tiling t, Inputs<T> in, Normalization norm, const Sums<2>* sums, float rows,
                    T* dx, T* dresidual) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  math::Affine<float> affine[N];
  math::NormalizationGrad<float> grad[N];
#pragma unroll
  for (int i = 0; i < N; ++i) {
    const int64_t c = part.column + i, s = part.group * norm.channels + c;
    affine[i] = norm.affine(part.group, c);
    grad[i] = {norm.mean[s], norm.inverse_deviation(part.group, c), affine[i].scale,
               sums[s].values[0] / rows, sums[s].values[1] / rows};
  }
  for (int64_t row = part.begin; row < part.end; row += part.step) {
    const int64_t at = row * norm.channels + part.column;
    float g[N], v[N];
    in.template load<N>(at, affine, g, v);
    if (dresidual != nullptr) store_narrow<N>(dresidual + at, g);
#pragma unroll
    for (int i = 0; i < N; ++i) v[i] = grad[i](g[i], v[i]);
    store_narrow<N>(dx + at, v);
  }
}

}  // namespace

namespace {

template <class T>
Inputs<T> inputs(const Tensor& dy, const Tensor& x, const Tensor& y, bool relu) {
  const Mask mask = !relu ? Mask::none : y.defined() ? Mask::from_y : Mask::from_x;
  return {mask, dy.data<T>(), x.data<T>(), data_or_null<T>(y)};
}

}  // namespace

void normalize_sums(const Tensor& dy, const Tensor& x, const Tensor& y, const Tensor& mean,
                    const Tensor& variance, double eps, const Tensor& gamma, const Tensor& beta,
                    bool relu, const Tensor& sums, const Tensor& dgamma, const Tensor& dbeta) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  const Normalization norm(mean, variance, eps, gamma, beta);
  const StoreGradients store{reinterpret_cast<Sums<2>*>(sums.data<float>()), dgamma.data<float>(),
                             dbeta.data<float>(), channels};
  for_float(x.dtype(), [&]<class T>(T) {
    const Inputs<T> in = inputs<T>(dy, x, y, relu);
    with_pack_size<T>(channels, {in.dy, in.x, in.y}, [&]<int N>(std::integral_constant<int, N>) {
      reduce_columns<N, Sums<2>>(groups, rows, channels, AddGradients<N, T>{in, norm}, store);
    });
  });
}

void normalize_input_grad(const Tensor& dy, const Tensor& x, const Tensor& y, const Tensor& mean,
                          const Tensor& variance, double eps, const Tensor& gamma,
                          const Tensor& beta, bool relu, const Tensor& sums, int64_t rows,
                          const Tensor& dx, const Tensor& dresidual) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1);
  const Normalization norm(mean, variance, eps, gamma, beta);
  const auto* group_sums = reinterpret_cast<const Sums<2>*>(sums.data<float>());
  for_float(x.dtype(), [&]<class T>(T) {
    const Inputs<T> in = inputs<T>(dy, x, y, relu);
    T* skip = data_or_null<T>(dresidual);
    with_pack_size<T>(
        channels, {in.dy, in.x, in.y, dx.raw(), skip}, [&]<int N>(std::integral_constant<int, N>) {
          const Tiling t = make_tiling(groups, x.shape().rows() / groups, channels / N);
          launch(backward_kernel<N, T>, grid_of(t, groups), block_of(t), t, in, norm, group_sums,
                 static_cast<float>(rows), dx.data<T>(), skip);
        });
  });
}

}  // namespace siam::cuda
