// Batch normalisation over [rows,C], channels innermost: the inner loops run over channels and
// vectorise; rows are cut into blocks that stay in the cache. The number of blocks depends on the
// shape alone and their sums are combined in order, so the result does not depend on the number of
// threads. (`ivdep`, not `omp simd`: the latter turns the bf16 created in each iteration into an
// array, and GCC then leaves the loop scalar.)

#include <algorithm>
#include <cmath>
#include <vector>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"
#include "tensor/parallel.h"

namespace siam::cpu {

namespace {

// The rows of each group, in equal blocks of about 64 KiB of f32.
struct Blocks {
  int64_t groups, rows, channels, per_block, per_group;

  Blocks(const Tensor& x, int64_t groups)
      : groups(groups),
        rows(x.shape().rows() / groups),
        channels(x.dim(-1)),
        per_block(std::max<int64_t>(1, 16384 / std::max<int64_t>(1, channels))),
        per_group((rows + per_block - 1) / per_block) {}

  // Calls body(block, group, first row, last row) for all blocks in parallel.
  template <class Body>
  void for_each(const Body& body) const {
    parallel_for(groups * per_group, 1, [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; ++block) {
        const int64_t group = block / per_group, in_group = block % per_group;
        const int64_t begin = group * rows + in_group * per_block;
        body(block, group, begin, std::min(begin + per_block, (group + 1) * rows));
      }
    });
  }
};

// What the inner loops need per group and channel.
struct Channels {
  std::vector<float> mean, inverse_deviation, scale, shift;

  Channels(const Tensor& mean_, const Tensor& variance, double eps, const Tensor& gamma,
           const Tensor& beta) {
    const int64_t count = mean_.numel(), channels = mean_.dim(1);
    for (int64_t i = 0; i < count; ++i) {
      mean.push_back(mean_.data<float>()[i]);
      inverse_deviation.push_back(1 /
                                  std::sqrt(variance.data<float>()[i] + static_cast<float>(eps)));
      const auto affine = math::normalization(
          mean[i], inverse_deviation[i], gamma.defined() ? gamma.data<float>()[i % channels] : 1.0f,
          beta.defined() ? beta.data<float>()[i % channels] : 0.0f);
      scale.push_back(affine.scale);
      shift.push_back(affine.shift);
    }
  }
};

}  // namespace

// Each block is small enough to be read twice: its mean first, then the squared deviations from it.
// The mean is summed as differences from the block's first row, which are small; a plain sum of
// thousands of large values would lose the digits in which they differ.
void batch_statistics(const Tensor& x, const Tensor& mean, const Tensor& variance) {
  const Blocks blocks(x, mean.dim(0));
  const int64_t channels = blocks.channels;
  std::vector<float> sums(blocks.groups * blocks.per_group * channels), squares(sums.size());
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    blocks.for_each([&](int64_t block, int64_t, int64_t begin, int64_t end) {
      float *sum = &sums[block * channels], *square = &squares[block * channels];
      const T* pivot = in + begin * channels;
      for (int64_t r = begin; r < end; ++r)
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c)
          sum[c] += static_cast<float>(in[r * channels + c]) - static_cast<float>(pivot[c]);
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c)
        sum[c] = static_cast<float>(pivot[c]) + sum[c] / static_cast<float>(end - begin);
      for (int64_t r = begin; r < end; ++r)
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c) {
          const float deviation = static_cast<float>(in[r * channels + c]) - sum[c];
          square[c] += deviation * deviation;
        }
    });
  });
  parallel_for(blocks.groups * channels, 16, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) {
      const int64_t group = s / channels, c = s % channels;
      math::Moments<double> moments;
      for (int64_t b = 0; b < blocks.per_group; ++b) {
        const int64_t i = (group * blocks.per_group + b) * channels + c;
        const int64_t rows = std::min(blocks.per_block, blocks.rows - b * blocks.per_block);
        moments.merge({static_cast<double>(rows), sums[i], squares[i]});
      }
      mean.data<float>()[s] = static_cast<float>(moments.mean);
      variance.data<float>()[s] = static_cast<float>(moments.m2 / static_cast<double>(blocks.rows));
    }
  });
}

void normalize(const Tensor& x, const Tensor& mean, const Tensor& variance, double eps,
               const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu,
               const Tensor& y) {
  const Blocks blocks(x, mean.dim(0));
  const int64_t channels = blocks.channels;
  const Channels per_channel(mean, variance, eps, gamma, beta);
  for_float(x.dtype(), [&]<class T>(T) {
    const T *in = x.data<T>(), *skip = residual.defined() ? residual.data<T>() : nullptr;
    T* out = y.data<T>();
    blocks.for_each([&](int64_t, int64_t group, int64_t begin, int64_t end) {
      const float* scale = &per_channel.scale[group * channels];
      const float* shift = &per_channel.shift[group * channels];
      const float floor = relu ? 0.0f : -INFINITY;
      for (int64_t r = begin; r < end; ++r) {
        const T* row = in + r * channels;
        T* result = out + r * channels;
        auto clip = [floor](float v) { return v < floor ? floor : v; };
        if (skip == nullptr) {
#pragma GCC ivdep
          for (int64_t c = 0; c < channels; ++c)
            result[c] = T(clip(math::Affine<float>{scale[c], shift[c]}(row[c])));
        } else {
          const T* added = skip + r * channels;
#pragma GCC ivdep
          for (int64_t c = 0; c < channels; ++c)
            result[c] = T(clip(math::Affine<float>{scale[c], shift[c]}(row[c]) +
                               static_cast<float>(added[c])));
        }
      }
    });
  });
}

namespace {

enum class Mask { none, recomputed, from_y };

// The gradient of an element after the ReLU's mask.
template <Mask mask, bool two, class T>
struct Masked {
  const T *dy, *more, *x, *y;
  float operator()(int64_t i, float scale, float shift) const {
    float g = dy[i];
    if constexpr (two) g += static_cast<float>(more[i]);
    if constexpr (mask == Mask::none) return g;
    if constexpr (mask == Mask::from_y) return math::ReluGrad()(g, static_cast<float>(y[i]));
    return math::ReluGrad()(g, math::Affine<float>{scale, shift}(x[i]));
  }
};

// Calls body(T(), Masked) for the type of x, the kind of mask and one or two gradients.
template <class Body>
void with_mask(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y, bool relu,
               const Body& body) {
  for_float(x.dtype(), [&]<class T>(T zero) {
    const auto masked = [&]<bool two>(std::bool_constant<two>) {
      const T *gradient = dy.data<T>(), *second = two ? more.data<T>() : nullptr;
      const T* in = x.data<T>();
      if (!relu)
        body(zero, Masked<Mask::none, two, T>{gradient, second, in, nullptr});
      else if (y.defined())
        body(zero, Masked<Mask::from_y, two, T>{gradient, second, in, y.data<T>()});
      else
        body(zero, Masked<Mask::recomputed, two, T>{gradient, second, in, nullptr});
    };
    if (more.defined())
      masked(std::true_type());
    else
      masked(std::false_type());
  });
}

}  // namespace

void normalize_sums(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,
                    const Tensor& mean, const Tensor& variance, double eps, const Tensor& gamma,
                    const Tensor& beta, bool relu, const Tensor& sums, const Tensor& dgamma,
                    const Tensor& dbeta, const Tensor& g) {
  const Blocks blocks(x, mean.dim(0));
  const Channels per_channel(mean, variance, eps, gamma, beta);
  const int64_t channels = blocks.channels;
  std::vector<float> parts(blocks.groups * blocks.per_group * 2 * channels);
  with_mask(dy, more, x, y, relu, [&]<class T>(T, auto masked) {
    const T* in = x.data<T>();
    T* out = g.defined() ? g.data<T>() : nullptr;
    auto sum = [&](auto stores) {
      blocks.for_each([&, masked](int64_t block, int64_t group, int64_t begin, int64_t end) {
        float *sum_g = &parts[block * 2 * channels], *sum_g_xhat = sum_g + channels;
        const int64_t s = group * channels;
        const float *mean = &per_channel.mean[s], *inverse = &per_channel.inverse_deviation[s],
                    *scale = &per_channel.scale[s], *shift = &per_channel.shift[s];
        for (int64_t r = begin; r < end; ++r)
#pragma GCC ivdep
          for (int64_t c = 0; c < channels; ++c) {
            const int64_t i = r * channels + c;
            const float gradient = masked(i, scale[c], shift[c]);
            sum_g[c] += gradient;
            sum_g_xhat[c] += gradient * ((static_cast<float>(in[i]) - mean[c]) * inverse[c]);
            if constexpr (stores) out[i] = T(gradient);
          }
      });
    };
    if (out != nullptr)
      sum(std::true_type());
    else
      sum(std::false_type());
  });
  parallel_for(channels, 16, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      double total_g = 0, total_g_xhat = 0;
      for (int64_t group = 0; group < blocks.groups; ++group) {
        double group_g = 0, group_g_xhat = 0;
        for (int64_t b = group * blocks.per_group; b < (group + 1) * blocks.per_group; ++b) {
          group_g += parts[b * 2 * channels + c];
          group_g_xhat += parts[(b * 2 + 1) * channels + c];
        }
        float* group_sums = sums.data<float>() + (group * channels + c) * 2;
        group_sums[0] = static_cast<float>(group_g);
        group_sums[1] = static_cast<float>(group_g_xhat);
        total_g += group_g;
        total_g_xhat += group_g_xhat;
      }
      dgamma.data<float>()[c] = static_cast<float>(total_g_xhat);
      dbeta.data<float>()[c] = static_cast<float>(total_g);
    }
  });
}

void normalize_input_grad(const Tensor& g, const Tensor& x, const Tensor& mean,
                          const Tensor& variance, double eps, const Tensor& gamma,
                          const Tensor& beta, bool relu, const Tensor& sums, int64_t rows,
                          const Tensor& dx) {
  const Blocks blocks(x, mean.dim(0));
  const Channels per_channel(mean, variance, eps, gamma, beta);
  const int64_t channels = blocks.channels;
  std::vector<float> mean_g(blocks.groups * channels), mean_g_xhat(mean_g.size());
  for (size_t s = 0; s < mean_g.size(); ++s) {
    mean_g[s] = sums.data<float>()[2 * s] / static_cast<float>(rows);
    mean_g_xhat[s] = sums.data<float>()[2 * s + 1] / static_cast<float>(rows);
  }
  with_mask(g, {}, x, {}, relu, [&]<class T>(T, auto masked) {
    const T* in = x.data<T>();
    T* out = dx.data<T>();
    blocks.for_each([&, masked](int64_t, int64_t group, int64_t begin, int64_t end) {
      const int64_t s = group * channels;
      const float *mean = &per_channel.mean[s], *inverse = &per_channel.inverse_deviation[s],
                  *scale = &per_channel.scale[s], *shift = &per_channel.shift[s],
                  *group_mean = &mean_g[s], *group_xhat = &mean_g_xhat[s];
      for (int64_t r = begin; r < end; ++r)
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c) {
          const int64_t i = r * channels + c;
          const math::NormalizationGrad<float> grad{mean[c], inverse[c], scale[c], group_mean[c],
                                                    group_xhat[c]};
          out[i] = T(grad(masked(i, scale[c], shift[c]), static_cast<float>(in[i])));
        }
    });
  });
}

}  // namespace siam::cpu
