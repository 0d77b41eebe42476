// Convolutions fused with the batch norms around them (norm_conv.h): cuDNN's graphs of conv_plan.h
// on each group's images, and kernels for the few numbers per channel between them.

#include "tensor/cuda/norm_conv.h"

#include "tensor/cuda/batch_norm_kernels.h"
#include "tensor/cuda/conv_run.h"
#include "tensor/math.h"

namespace siam::cuda {

namespace {

template <class F>
__global__ void __launch_bounds__(kBlock) each_kernel(int64_t n, F f) {
  const int64_t i = int64_t{blockIdx.x} * kBlock + threadIdx.x;
  if (i < n) f(i);
}

/// f(i) for i in [0, n), a thread each.
template <class F>
void for_each(int64_t n, const F& f) {
  launch(each_kernel<F>, dim3(static_cast<unsigned>((n + kBlock - 1) / kBlock)), dim3(kBlock), n,
         f);
}

/// Sums of y and y^2 [G,K] become mean and variance, in place.
struct FinishStatistics {
  float *sums, *squares, rows;
  __device__ void operator()(int64_t i) const {
    const math::MeanVariance<float> m = math::mean_variance(sums[i], squares[i], rows);
    sums[i] = m.mean;
    squares[i] = m.variance;
  }
};

/// The norm's parameters [G,C] as cuDNN takes them.
struct FoldNorm {
  Normalization norm;
  f16 *scale, *shift;
  float* inverse_deviation;
  __device__ void operator()(int64_t i) const {
    const int64_t group = i / norm.channels, c = i % norm.channels;
    inverse_deviation[i] = norm.inverse_deviation(group, c);
    const auto affine = norm.affine(group, c);
    scale[i] = narrow<f16>(affine.scale);
    shift[i] = narrow<f16>(affine.shift);
  }
};

struct FoldedNorm {
  Tensor scale, shift;       ///< [G,C], f16
  Tensor inverse_deviation;  ///< [G,C], f32
};

FoldedNorm fold(const NormParameters& norm) {
  const Tensor& mean = norm.statistics.mean;
  const FoldedNorm folded{Tensor::empty(mean.shape(), DType::f16, Device::cuda),
                          Tensor::empty(mean.shape(), DType::f16, Device::cuda), mean.empty_like()};
  for_each(mean.numel(),
           FoldNorm{Normalization(mean, norm.statistics.variance, norm.eps, norm.gamma, norm.beta),
                    folded.scale.data<f16>(), folded.shift.data<f16>(),
                    folded.inverse_deviation.data<float>()});
  return folded;
}

/// Per-group sums [G,C] in the form of NormalizeSums, groups added in order.
struct CollectSums {
  const float *dgamma_of, *dbeta_of;
  int64_t groups, channels;
  float *sums, *dgamma, *dbeta;
  __device__ void operator()(int64_t c) const {
    dgamma[c] = dbeta[c] = 0;
    for (int64_t i = c; i < groups * channels; i += channels) {
      sums[2 * i] = dbeta_of[i];
      sums[2 * i + 1] = dgamma_of[i];
      dbeta[c] += dbeta_of[i];
      dgamma[c] += dgamma_of[i];
    }
  }
};

/// out[i] = sum over groups of parts[group * n + i], eight at a time: n is a multiple of 8, as the
/// channels are.
struct AddGroups {
  static constexpr int kPack = 8;
  const f16* parts;
  int64_t groups, n;
  float* out;
  __device__ void operator()(int64_t i) const {
    float sum[kPack] = {}, v[kPack];
    for (int64_t group = 0; group < groups; ++group) {
      load_wide<kPack>(parts + group * n + i * kPack, v);
#pragma unroll
      for (int lane = 0; lane < kPack; ++lane) sum[lane] += v[lane];
    }
#pragma unroll
    for (int lane = 0; lane < kPack; ++lane) out[i * kPack + lane] = sum[lane];
  }
};

/// Entries of group g of a tensor whose leading dimension is cut into `groups`.
void* part(const Tensor& tensor, int64_t groups, int64_t g) {
  const int64_t rows = tensor.dim(0) / groups;
  return tensor.rows(g * rows, (g + 1) * rows).raw();
}

ConvKind kind_of(Fused what) {
  constexpr ConvKind kKinds[] = {ConvKind::forward_statistics, ConvKind::norm_forward_statistics,
                                 ConvKind::norm_backward_weight, ConvKind::norm_backward_data};
  return kKinds[static_cast<int>(what)];
}

ConvKey key_of(ConvKind kind, const Shape& x, const Shape& w, ConvGeometry geometry,
               int64_t groups) {
  Shape images = x;
  images[0] /= groups;
  return ConvKey::of(kind, images, w, DType::f16, geometry, library_policy());
}

Tensor per_channel(int64_t groups, int64_t channels) {
  return Tensor::empty({groups, channels}, DType::f32, Device::cuda);
}

BatchStatistics finish(const Tensor& sums, const Tensor& squares, const Tensor& y) {
  for_each(sums.numel(), FinishStatistics{sums.data<float>(), squares.data<float>(),
                                          static_cast<float>(y.shape().rows() / sums.dim(0))});
  return {sums, squares};
}

}  // namespace

bool prefers_fused(const FusedProblem& p, const std::function<void()>& separate,
                   const std::function<void()>& fused) {
  const bool possible = p.device == Device::cuda && p.type == DType::f16 && p.affine &&
                        p.x[3] % 8 == 0 && p.w[0] % 8 == 0 && p.x[0] > 0 && p.x[0] % p.groups == 0;
  return possible &&
         prefers_fused(key_of(kind_of(p.what), p.x, p.w, p.geometry, p.groups), separate, fused);
}

ConvStatistics conv2d_with_statistics(const Tensor& x, const Tensor& w, ConvGeometry geometry,
                                      int groups) {
  const Tensor y =
      Tensor::empty(conv2d_shape(x.shape(), w.shape(), geometry), x.dtype(), x.device());
  const Tensor sums = per_channel(groups, w.dim(0)), squares = sums.empty_like();
  const ConvKey key = key_of(ConvKind::forward_statistics, x.shape(), w.shape(), geometry, groups);
  for (int64_t g = 0; g < groups; ++g) {
    void* const memory[] = {part(x, groups, g), w.raw(), part(y, groups, g), part(sums, groups, g),
                            part(squares, groups, g)};
    run_conv(key, memory);
  }
  return {y, finish(sums, squares, y)};
}

NormConv norm_conv2d(const Tensor& x, const NormParameters& norm, const Tensor& w,
                     ConvGeometry geometry) {
  const int64_t groups = norm.statistics.mean.dim(0);
  const FoldedNorm folded = fold(norm);
  const Tensor y =
      Tensor::empty(conv2d_shape(x.shape(), w.shape(), geometry), x.dtype(), x.device());
  const Tensor sums = per_channel(groups, w.dim(0)), squares = sums.empty_like();
  const ConvKey key =
      key_of(ConvKind::norm_forward_statistics, x.shape(), w.shape(), geometry, groups);
  for (int64_t g = 0; g < groups; ++g) {
    void* const memory[] = {part(x, groups, g),           w.raw(),
                            part(y, groups, g),           part(sums, groups, g),
                            part(squares, groups, g),     part(folded.scale, groups, g),
                            part(folded.shift, groups, g)};
    run_conv(key, memory);
  }
  return {y, {}, finish(sums, squares, y)};
}

Tensor norm_conv2d_backward_weight(const Tensor& dy, const Tensor& x, const NormParameters& norm,
                                   const Shape& w_shape, ConvGeometry geometry) {
  const int64_t groups = norm.statistics.mean.dim(0), n = w_shape.numel();
  const FoldedNorm folded = fold(norm);
  const Tensor parts = Tensor::empty({groups, n}, DType::f16, Device::cuda);
  const ConvKey key = key_of(ConvKind::norm_backward_weight, x.shape(), w_shape, geometry, groups);
  for (int64_t g = 0; g < groups; ++g) {
    void* const memory[] = {part(x, groups, g), part(dy, groups, g), part(parts, groups, g),
                            part(folded.scale, groups, g), part(folded.shift, groups, g)};
    run_conv(key, memory);
  }
  const Tensor dw = Tensor::empty(w_shape, DType::f32, Device::cuda);
  for_each(n / AddGroups::kPack, AddGroups{parts.data<f16>(), groups, n, dw.data<float>()});
  return dw;
}

NormConvGradient norm_conv2d_backward_data(const Tensor& dy, const Tensor& w, const Tensor& x,
                                           const NormParameters& norm, ConvGeometry geometry) {
  const int64_t groups = norm.statistics.mean.dim(0), channels = x.dim(3);
  const FoldedNorm folded = fold(norm);
  const Tensor g = x.empty_like(), dgamma_of = per_channel(groups, channels);
  const Tensor dbeta_of = dgamma_of.empty_like(), unused = per_channel(3, channels);
  const ConvKey key = key_of(ConvKind::norm_backward_data, x.shape(), w.shape(), geometry, groups);
  for (int64_t i = 0; i < groups; ++i) {
    void* const memory[] = {part(dy, groups, i),
                            w.raw(),
                            part(x, groups, i),
                            part(norm.statistics.mean, groups, i),
                            part(folded.inverse_deviation, groups, i),
                            norm.gamma.raw(),
                            norm.beta.raw(),
                            part(g, groups, i),
                            part(dgamma_of, groups, i),
                            part(dbeta_of, groups, i),
                            part(unused, 3, 0),
                            part(unused, 3, 1),
                            part(unused, 3, 2)};
    run_conv(key, memory);
  }
  const NormalizeSums sums{Tensor::empty({groups, channels, 2}, DType::f32, Device::cuda),
                           Tensor::empty({channels}, DType::f32, Device::cuda),
                           Tensor::empty({channels}, DType::f32, Device::cuda)};
  for_each(channels, CollectSums{dgamma_of.data<float>(), dbeta_of.data<float>(), groups, channels,
                                 sums.groups.data<float>(), sums.dgamma.data<float>(),
                                 sums.dbeta.data<float>()});
  return {g, sums};
}

}  // namespace siam::cuda
