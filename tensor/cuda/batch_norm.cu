// Batch norm, forward (tensor/batch_norm.h): statistics, running statistics, and the fused
// y = relu?(scale x + shift (+ residual)).

#include "tensor/backends.h"
#include "tensor/cuda/batch_norm_kernels.h"
#include "tensor/cuda/column_reduce.h"

namespace siam::cuda {

namespace {

using Moments = math::Moments<float>;

template <int N, class T>
struct AddMoments {
  const T* x;
  int64_t channels;

  struct Add {
    const T* x;
    int64_t channels;
    __device__ void operator()(Moments (&states)[N], int64_t row) const {
      float v[N];
      load_wide<N>(x + row * channels, v);
#pragma unroll
      for (int i = 0; i < N; ++i) states[i].add(v[i]);
    }
  };
  __device__ Add operator()(const Part& part) const { return {x + part.column, channels}; }
};

struct StoreMoments {
  float *mean, *variance;
  int64_t channels;
  __device__ void operator()(int group, int64_t c, const Moments& moments) const {
    mean[group * channels + c] = moments.mean;
    variance[group * channels + c] = moments.m2 / moments.count;
  }
};

template <int N, class T>
__global__ void __launch_bounds__(Tiling::kThreads)
    normalize_kernel(Tiling t, Normalization norm, const T* x, const T* residual, bool relu, T* y) {
  const Part part = part_of<N>(t);
  if (!part.any) return;
  math::Affine<float> affine[N];
#pragma unroll
  for (int i = 0; i < N; ++i) affine[i] = norm.affine(part.group, part.column + i);
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
      reduce_columns<N, Moments>(
          groups, rows, channels, AddMoments<N, T>{x.data<T>(), channels},
          StoreMoments{mean.data<float>(), variance.data<float>(), channels});
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
