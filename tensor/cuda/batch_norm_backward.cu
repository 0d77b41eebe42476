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

// Which one it is, the kernels know when they are compiled: each keeps only what it needs in
// registers, of which these kernels are short.
template <Mask M, class T>
struct Inputs {
  const T *dy, *x, *y;

  /// dy behind the ReLU, and x, of N channels from `at` on.
  template <int N, class Columns>
  __device__ void load(int64_t at, const Columns (&columns)[N], float (&g)[N],
                       float (&v)[N]) const {
    load_wide<N>(dy + at, g);
    load_wide<N>(x + at, v);
    if constexpr (M == Mask::from_y) {
      float out[N];
      load_wide<N>(y + at, out);
#pragma unroll
      for (int i = 0; i < N; ++i) g[i] = math::ReluGrad()(g[i], out[i]);
    } else if constexpr (M == Mask::from_x) {
#pragma unroll
      for (int i = 0; i < N; ++i) g[i] = math::ReluGrad()(g[i], columns[i].affine(v[i]));
    }
  }
};

/// The sums of dy and dy (x - mean).
template <int N, Mask M, class T>
struct AddGradients {
  Inputs<M, T> in;
  Normalization norm;

  struct Column {
    math::Affine<float> affine;
    float mean;
  };
  struct Add {
    Inputs<M, T> in;
    int64_t column, channels;
    Column columns[N];
    __device__ void operator()(Sums<2> (&states)[N], int64_t row) const {
      float g[N], v[N];
      in.template load<N>(row * channels + column, columns, g, v);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        states[i].values[0] += g[i];
        states[i].values[1] += g[i] * (v[i] - columns[i].mean);
      }
    }
  };
  __device__ Add operator()(const Tiling& t, const Part& part) const {
    Add add{in, part.column, norm.channels, {}};
    const auto column = [&](int64_t group, int64_t c) {
      return Column{norm.affine(group, c), norm.mean[group * norm.channels + c]};
    };
    column_constants(t, column, add.columns);
    return add;
  }
};

/// Keeps the sums of each group for the second pass, now of dy and dy xhat, and adds up the
/// parameters' gradients, groups in order.
struct StoreGradients {
  Normalization norm;
  Sums<2>* sums;
  float *dgamma, *dbeta;
  __device__ void operator()(int group, int64_t c, const Sums<2>& state) const {
    const float dy = state.values[0];
    const float dy_xhat = state.values[1] * norm.inverse_deviation(group, c);
    sums[group * norm.channels + c] = {{dy, dy_xhat}};
    dbeta[c] = (group == 0 ? 0.0f : dbeta[c]) + dy;
    dgamma[c] = (group == 0 ? 0.0f : dgamma[c]) + dy_xhat;
  }
};

/// `share` is 1 / M.
template <int N, Mask M, class T>
__global__ void __launch_bounds__(Tiling::kThreads, 4)
    backward_kernel(Tiling t, Inputs<M, T> in, Normalization norm, const Sums<2>* sums, float share,
                    T* dx, T* dresidual) {
  struct Column {
    math::Affine<float> affine;
    float of_x, constant;
  };
  const Part part = part_of<N>(t);
  Column columns[N];
  const auto column = [&](int64_t group, int64_t c) {
    const int64_t s = group * norm.channels + c;
    const math::Affine<float> affine = norm.affine(group, c);
    const math::NormalizationGrad<float> grad{norm.mean[s], norm.inverse_deviation(group, c),
                                              affine.scale, sums[s].values[0] * share,
                                              sums[s].values[1] * share};
    return Column{affine, grad.of_x(), grad.constant()};
  };
  column_constants(t, column, columns);
  if (!part.any) return;
  for (int64_t row = part.begin; row < part.end; row += part.step) {
    const int64_t at = row * norm.channels + part.column;
    float g[N], v[N];
    in.template load<N>(at, columns, g, v);
    if (dresidual != nullptr) store_narrow<N>(dresidual + at, g);
#pragma unroll
    for (int i = 0; i < N; ++i)
      v[i] = columns[i].affine.scale * g[i] + (columns[i].of_x * v[i] + columns[i].constant);
    store_narrow<N>(dx + at, v);
  }
}

/// body(Inputs of this type and mask, pack size).
template <class Body>
void with_inputs(const Tensor& dy, const Tensor& x, const Tensor& y, bool relu,
                 std::initializer_list<const void*> results, const Body& body) {
  for_float(x.dtype(), [&]<class T>(T) {
    const auto with_mask = [&]<Mask M>(std::integral_constant<Mask, M>) {
      const Inputs<M, T> in{dy.data<T>(), x.data<T>(), data_or_null<T>(y)};
      std::vector<const void*> pointers = {in.dy, in.x, in.y};
      pointers.insert(pointers.end(), results.begin(), results.end());
      with_pack_size<T>(x.dim(-1), pointers, [&](auto pack) { body(in, pack); });
    };
    if (!relu)
      with_mask(std::integral_constant<Mask, Mask::none>{});
    else if (y.defined())
      with_mask(std::integral_constant<Mask, Mask::from_y>{});
    else
      with_mask(std::integral_constant<Mask, Mask::from_x>{});
  });
}

}  // namespace

void normalize_sums(const Tensor& dy, const Tensor& x, const Tensor& y, const Tensor& mean,
                    const Tensor& variance, double eps, const Tensor& gamma, const Tensor& beta,
                    bool relu, const Tensor& sums, const Tensor& dgamma, const Tensor& dbeta) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  const Normalization norm(mean, variance, eps, gamma, beta);
  const StoreGradients store{norm, reinterpret_cast<Sums<2>*>(sums.data<float>()),
                             dgamma.data<float>(), dbeta.data<float>()};
  with_inputs(
      dy, x, y, relu, {},
      [&]<Mask M, class T, int N>(Inputs<M, T> in, std::integral_constant<int, N>) {
        reduce_columns<N, Sums<2>>(groups, rows, channels, AddGradients<N, M, T>{in, norm}, store);
      });
}

void normalize_input_grad(const Tensor& dy, const Tensor& x, const Tensor& y, const Tensor& mean,
                          const Tensor& variance, double eps, const Tensor& gamma,
                          const Tensor& beta, bool relu, const Tensor& sums, int64_t rows,
                          const Tensor& dx, const Tensor& dresidual) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1);
  const Normalization norm(mean, variance, eps, gamma, beta);
  const auto* group_sums = reinterpret_cast<const Sums<2>*>(sums.data<float>());
  void* const skip = dresidual.defined() ? dresidual.raw() : nullptr;
  with_inputs(dy, x, y, relu, {dx.raw(), skip},
              [&]<Mask M, class T, int N>(Inputs<M, T> in, std::integral_constant<int, N>) {
                const Tiling t = make_tiling(groups, x.shape().rows() / groups, channels / N);
                launch(backward_kernel<N, M, T>, grid_of(t, groups), block_of(t), t, in, norm,
                       group_sums, 1.0f / static_cast<float>(rows), dx.data<T>(),
                       static_cast<T*>(skip));
              });
}

}  // namespace siam::cuda
