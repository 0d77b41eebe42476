// Batch norm, forward (tensor/batch_norm.h): statistics, running statistics, and the fused
// y = relu?(scale x + shift (+ residual)).

#include "tensor/backends.h"
#include "tensor/cuda/batch_norm_kernels.h"
#include "tensor/cuda/block_reduce.h"
#include "tensor/cuda/column_reduce.h"

namespace siam::cuda {

namespace {

/// Sums of x - k and (x - k)^2, where k is the group's first value of the channel: its distance
/// from the mean is about one deviation, so that little is lost when the square of the mean
/// difference is subtracted.
template <int N, class T>
struct AddShifted {
  static constexpr int kRowsAhead = 8;
  const T* x;
  int64_t channels, rows;

  struct Add {
    const T* x;
    int64_t channels;
    float k[N];
    __device__ Pack<T, N> load(int64_t row) const { return cuda::load<N>(x + row * channels); }
    __device__ void operator()(Sums<2> (&states)[N], const Pack<T, N>& loaded) const {
      float v[N];
      widen(loaded, v);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        const float d = v[i] - k[i];
        states[i].values[0] += d;
        states[i].values[1] += d * d;
      }
    }
  };
  __device__ Add operator()(const Tiling&, const Part& part) const {
    Add add{x + part.column, channels, {}};
    if (part.any) load_wide<N>(add.x + part.group * rows * channels, add.k);
    return add;
  }
};

template <class T>
struct StoreStatistics {
  const T* x;
  float *mean, *variance;
  int64_t channels, rows;
  __device__ void operator()(int64_t group, int64_t c, const Sums<2>& sums) const {
    const auto shifted =
        math::mean_variance(sums.values[0], sums.values[1], static_cast<float>(rows));
    mean[group * channels + c] = shifted.mean + widen(x[group * rows * channels + c]);
    variance[group * channels + c] = shifted.variance;
  }
};

template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    normalize_kernel(Tiling t, Normalization norm, const T* x, const T* residual, bool relu, T* y) {
  const Part part = part_of<N>(t);
  math::Affine<float> affine[N];
  column_constants(
      t, [&](int64_t group, int64_t c) { return norm.affine(group, c); }, affine);
  if (!part.any) return;
  for (int64_t row = part.begin; row < part.end; row += part.step) {
    const int64_t at = row * norm.channels + part.column;
    float v[N], r[N] = {};
    load_wide<N>(x + at, v);
    if (residual != nullptr) load_wide<N>(residual + at, r);
#pragma unroll
    for (int i = 0; i < N; ++i) {
      v[i] = affine[i](v[i]) + r[i];
      if (relu) v[i] = math::Relu()(v[i]);
    }
    store_narrow<N>(y + at, v);
  }
}

// One thread per channel: groups follow each other as batches do in torch.
__global__ void __launch_bounds__(kBlock)
    update_running_kernel(int64_t channels, int groups, const float* mean, const float* variance,
                          float unbiased, float momentum, float* running_mean,
                          float* running_variance) {
  const int64_t c = int64_t{blockIdx.x} * kBlock + threadIdx.x;
  if (c >= channels) return;
  float m = running_mean[c], v = running_variance[c];
  for (int group = 0; group < groups; ++group) {
    m = (1 - momentum) * m + momentum * mean[group * channels + c];
    v = (1 - momentum) * v + momentum * unbiased * variance[group * channels + c];
  }
  running_mean[c] = m;
  running_variance[c] = v;
}

}  // namespace

void batch_statistics(const Tensor& x, const Tensor& mean, const Tensor& variance) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  for_float(x.dtype(), [&]<class T>(T) {
    with_pack_size<T>(channels, {x.raw()}, [&]<int N>(std::integral_constant<int, N>) {
      reduce_columns<N, Sums<2>>(groups, rows, channels,
                                 AddShifted<N, T>{x.data<T>(), channels, rows},
                                 StoreStatistics<T>{x.data<T>(), mean.data<float>(),
                                                    variance.data<float>(), channels, rows});
    });
  });
}

void normalize(const Tensor& x, const Tensor& mean, const Tensor& variance, double eps,
               const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu,
               const Tensor& y) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  const Normalization norm(mean, variance, eps, gamma, beta);
  for_float(x.dtype(), [&]<class T>(T) {
    const T* skip = data_or_null<T>(residual);
    with_pack_size<T>(channels, {x.raw(), y.raw(), skip},
                      [&]<int N>(std::integral_constant<int, N>) {
                        const Tiling t = make_tiling(groups, rows, channels / N);
                        launch(normalize_kernel<N, T>, grid_of(t, groups), block_of(t), t, norm,
                               static_cast<const T*>(x.data<T>()), skip, relu, y.data<T>());
                      });
  });
}

void update_running(const Tensor& mean, const Tensor& variance, int64_t rows, double momentum,
                    const Tensor& running_mean, const Tensor& running_variance) {
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  launch(update_running_kernel, blocks_for(mean.dim(1)), dim3(kBlock), mean.dim(1),
         static_cast<int>(mean.dim(0)), static_cast<const float*>(mean.data<float>()),
         static_cast<const float*>(variance.data<float>()), static_cast<float>(unbiased),
         static_cast<float>(momentum), running_mean.data<float>(), running_variance.data<float>());
}

}  // namespace siam::cuda
