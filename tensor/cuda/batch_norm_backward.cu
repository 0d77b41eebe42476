// Batch norm, backward (tensor/batch_norm.h): one pass sums g and g xhat per group and channel, a
// second writes dx. If the gradient is a sum, or its mask is that of a stored y, the first pass
// also writes g: then neither is read twice, and g is the residual's gradient. Otherwise the ReLU's
// mask is recomputed from x: the norm is limited by memory traffic, not by arithmetic.

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

// The mask, and whether there are two gradients to add, are known at compile time: each kernel
// keeps only what it needs in registers, which are scarce here.
template <Mask M, bool two, class T>
struct Inputs {
  const T *dy, *more, *x, *y;
  static constexpr bool kStores = two || M == Mask::from_y;

  template <int N>
  struct Row {
    int64_t at;
    Pack<T, N> dy, x, more, y;

    /// The gradient after the ReLU's mask, and x.
    template <class Columns>
    __device__ void widen(const Columns (&columns)[N], float (&g)[N], float (&v)[N]) const {
      cuda::widen(dy, g);
      cuda::widen(x, v);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        if constexpr (two) g[i] += cuda::widen(more.values[i]);
        if constexpr (M == Mask::from_y) g[i] = math::ReluGrad()(g[i], cuda::widen(y.values[i]));
        if constexpr (M == Mask::from_x) g[i] = math::ReluGrad()(g[i], columns[i].affine(v[i]));
      }
    }
  };
  /// N channels from element `at` on.
  template <int N>
  __device__ Row<N> load(int64_t at) const {
    Row<N> row;
    row.at = at;
    row.dy = cuda::load<N>(dy + at);
    row.x = cuda::load<N>(x + at);
    if constexpr (two) row.more = cuda::load<N>(more + at);
    if constexpr (M == Mask::from_y) row.y = cuda::load<N>(y + at);
    return row;
  }
};

/// The sums of g and g (x - mean).
template <int N, Mask M, bool two, class T>
struct AddGradients {
  static constexpr int kRowsAhead = 2;
  Inputs<M, two, T> in;
  Normalization norm;
  T* g;

  struct Column {
    math::Affine<float> affine;
    float mean;
  };
  struct Add {
    Inputs<M, two, T> in;
    int64_t column, channels;
    T* out;
    Column columns[N];
    __device__ auto load(int64_t row) const { return in.template load<N>(row * channels + column); }
    template <class Row>
    __device__ void operator()(Sums<2> (&states)[N], const Row& row) const {
      float g[N], v[N];
      row.widen(columns, g, v);
      if constexpr (Inputs<M, two, T>::kStores) store_narrow<N>(out + row.at, g);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        states[i].values[0] += g[i];
        states[i].values[1] += g[i] * (v[i] - columns[i].mean);
      }
    }
  };
  __device__ Add operator()(const Tiling& t, const Part& part) const {
    Add add{in, part.column, norm.channels, g, {}};
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
    backward_kernel(Tiling t, Inputs<M, false, T> in, Normalization norm, const Sums<2>* sums,
                    float share, T* dx) {
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
    in.template load<N>(at).widen(columns, g, v);
#pragma unroll
    for (int i = 0; i < N; ++i)
      v[i] = columns[i].affine.scale * g[i] + (columns[i].of_x * v[i] + columns[i].constant);
    store_narrow<N>(dx + at, v);
  }
}

/// body(T(), mask, pack size) with the mask as a constant.
template <class Body>
void with_mask(const Tensor& x, bool relu, bool from_y, const std::vector<const void*>& pointers,
               const Body& body) {
  for_float(x.dtype(), [&]<class T>(T type) {
    with_pack_size<T>(x.dim(-1), pointers, [&](auto pack) {
      if (!relu)
        body(type, std::integral_constant<Mask, Mask::none>{}, pack);
      else if (from_y)
        body(type, std::integral_constant<Mask, Mask::from_y>{}, pack);
      else
        body(type, std::integral_constant<Mask, Mask::from_x>{}, pack);
    });
  });
}

}  // namespace

void normalize_sums(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,
                    const Tensor& mean, const Tensor& variance, double eps, const Tensor& gamma,
                    const Tensor& beta, bool relu, const Tensor& sums, const Tensor& dgamma,
                    const Tensor& dbeta, const Tensor& g) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  const Normalization norm(mean, variance, eps, gamma, beta);
  const StoreGradients store{norm, reinterpret_cast<Sums<2>*>(sums.data<float>()),
                             dgamma.data<float>(), dbeta.data<float>()};
  const auto address = [](const Tensor& t) { return t.defined() ? t.raw() : nullptr; };
  with_mask(x, relu, y.defined(), {dy.raw(), x.raw(), address(more), address(y), address(g)},
            [&]<class T, Mask M, int N>(T, std::integral_constant<Mask, M>,
                                        std::integral_constant<int, N>) {
              const auto sum = [&]<bool two>(std::bool_constant<two>) {
                const Inputs<M, two, T> in{dy.data<T>(), data_or_null<T>(more), x.data<T>(),
                                           data_or_null<T>(y)};
                reduce_columns<N, Sums<2>>(groups, rows, channels,
                                           AddGradients<N, M, two, T>{in, norm, data_or_null<T>(g)},
                                           store);
              };
              if (more.defined())
                sum(std::true_type{});
              else
                sum(std::false_type{});
            });
}

void normalize_input_grad(const Tensor& g, const Tensor& x, const Tensor& mean,
                          const Tensor& variance, double eps, const Tensor& gamma,
                          const Tensor& beta, bool relu, const Tensor& sums, int64_t rows,
                          const Tensor& dx) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1);
  const Normalization norm(mean, variance, eps, gamma, beta);
  const auto* group_sums = reinterpret_cast<const Sums<2>*>(sums.data<float>());
  with_mask(x, relu, false, {g.raw(), x.raw(), dx.raw()},
            [&]<class T, Mask M, int N>(T, std::integral_constant<Mask, M>,
                                        std::integral_constant<int, N>) {
              if constexpr (M != Mask::from_y) {
                const Tiling t = make_tiling(groups, x.shape().rows() / groups, channels / N);
                const Inputs<M, false, T> in{g.data<T>(), nullptr, x.data<T>(), nullptr};
                launch(backward_kernel<N, M, T>, grid_of(t, groups), block_of(t), t, in, norm,
                       group_sums, 1.0f / static_cast<float>(rows), dx.data<T>());
              }
            });
}

}  // namespace siam::cuda
