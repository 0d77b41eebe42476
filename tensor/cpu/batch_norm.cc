// Batch normalisation over [rows,C]. (`ivdep`, not `omp simd`: the latter turns the bf16 created in
// each iteration into an array, and GCC then leaves the loop scalar.)

#include <cmath>
#include <vector>

#include "tensor/backends.h"
#include "tensor/cpu/row_blocks.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"
#include "tensor/parallel.h"

namespace siam::cpu {

namespace {

// What the inner loops need per group and element of a line.
struct Constants {
  std::vector<float> mean, inverse_deviation, scale, shift;

  Constants(const RowBlocks& blocks, const Tensor& means, const Tensor& variances, double eps,
            const Tensor& gamma, const Tensor& beta)
      : mean(blocks.groups * blocks.line), inverse_deviation(mean), scale(mean), shift(mean) {
    for (int64_t s = 0; s < blocks.groups * blocks.channels; ++s) {
      const int64_t c = s % blocks.channels;
      const float m = means.data<float>()[s];
      const float inverse = 1 / std::sqrt(variances.data<float>()[s] + static_cast<float>(eps));
      const auto affine =
          math::normalization(m, inverse, gamma.defined() ? gamma.data<float>()[c] : 1.0f,
                              beta.defined() ? beta.data<float>()[c] : 0.0f);
      blocks.set(s, m, mean);
      blocks.set(s, inverse, inverse_deviation);
      blocks.set(s, affine.scale, scale);
      blocks.set(s, affine.shift, shift);
    }
  }
};

}  // namespace

// Each block is small enough to be read twice: its mean first, then the squared deviations from it.
// The mean is summed as differences from the block's first row, which are small; a plain sum of
// thousands of large values would lose the digits in which they differ.
void batch_statistics(const Tensor& x, const Tensor& mean, const Tensor& variance) {
  const RowBlocks blocks(x, mean.dim(0));
  const int64_t channels = blocks.channels, line = blocks.line;
  std::vector<float> sums(blocks.groups * blocks.per_group * channels), squares(sums.size());
  for_float(x.dtype(), [&]<class T>(T) {
    const T* in = x.data<T>();
    blocks.for_each([&](int64_t block, int64_t, int64_t begin, int64_t end) {
      std::vector<float> sum(line), square(line);
      float* block_mean = &sums[block * channels];
      std::vector<float> pivot = blocks.line_of(in + begin);
      blocks.for_lines(begin, end, [&](int64_t first, int64_t count) {
#pragma GCC ivdep
        for (int64_t i = 0; i < count; ++i) sum[i] += static_cast<float>(in[first + i]) - pivot[i];
      });
      blocks.add_up(sum, block_mean);
      for (int64_t c = 0; c < channels; ++c)
        block_mean[c] = pivot[c] + block_mean[c] / static_cast<float>(blocks.rows_of(block));
      pivot = blocks.line_of(block_mean);
      blocks.for_lines(begin, end, [&](int64_t first, int64_t count) {
#pragma GCC ivdep
        for (int64_t i = 0; i < count; ++i) {
          const float deviation = static_cast<float>(in[first + i]) - pivot[i];
          square[i] += deviation * deviation;
        }
      });
      blocks.add_up(square, &squares[block * channels]);
    });
  });
  parallel_for(blocks.groups * channels, 16, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) {
      const int64_t group = s / channels, c = s % channels;
      math::Moments<double> moments;
      for (int64_t b = 0; b < blocks.per_group; ++b) {
        const int64_t i = (group * blocks.per_group + b) * channels + c;
        moments.merge({static_cast<double>(blocks.rows_of(b)), sums[i], squares[i]});
      }
      mean.data<float>()[s] = static_cast<float>(moments.mean);
      variance.data<float>()[s] = static_cast<float>(moments.m2 / static_cast<double>(blocks.rows));
    }
  });
}

void normalize(const Tensor& x, const Tensor& mean, const Tensor& variance, double eps,
               const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu,
               const Tensor& y) {
  const RowBlocks blocks(x, mean.dim(0));
  const Constants constants(blocks, mean, variance, eps, gamma, beta);
  for_float(x.dtype(), [&]<class T>(T) {
    const T *in = x.data<T>(), *skip = residual.defined() ? residual.data<T>() : nullptr;
    T* out = y.data<T>();
    blocks.for_each([&](int64_t, int64_t group, int64_t begin, int64_t end) {
      const float* scale = &constants.scale[group * blocks.line];
      const float* shift = &constants.shift[group * blocks.line];
      const float floor = relu ? 0.0f : -INFINITY;
      blocks.for_lines(begin, end, [=](int64_t first, int64_t count) {
        const T* values = in + first;
        T* result = out + first;
        auto clip = [floor](float v) { return v < floor ? floor : v; };
        if (skip == nullptr) {
#pragma GCC ivdep
          for (int64_t i = 0; i < count; ++i)
            result[i] = T(clip(math::Affine<float>{scale[i], shift[i]}(values[i])));
        } else {
          const T* added = skip + first;
#pragma GCC ivdep
          for (int64_t i = 0; i < count; ++i)
            result[i] = T(clip(math::Affine<float>{scale[i], shift[i]}(values[i]) +
                               static_cast<float>(added[i])));
        }
      });
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
  const RowBlocks blocks(x, mean.dim(0));
  const Constants constants(blocks, mean, variance, eps, gamma, beta);
  const int64_t channels = blocks.channels, line = blocks.line;
  std::vector<float> parts(blocks.groups * blocks.per_group * 2 * channels);
  with_mask(dy, more, x, y, relu, [&]<class T>(T, auto masked) {
    const T* in = x.data<T>();
    T* out = g.defined() ? g.data<T>() : nullptr;
    auto sum = [&](auto stores) {
      blocks.for_each([&, masked](int64_t block, int64_t group, int64_t begin, int64_t end) {
        std::vector<float> sum_g(line), sum_g_xhat(line);
        const int64_t at = group * line;
        const float *mean = &constants.mean[at], *inverse = &constants.inverse_deviation[at],
                    *scale = &constants.scale[at], *shift = &constants.shift[at];
        blocks.for_lines(begin, end, [&](int64_t first, int64_t count) {
#pragma GCC ivdep
          for (int64_t i = 0; i < count; ++i) {
            const float gradient = masked(first + i, scale[i], shift[i]);
            sum_g[i] += gradient;
            sum_g_xhat[i] +=
                gradient * ((static_cast<float>(in[first + i]) - mean[i]) * inverse[i]);
            if constexpr (stores) out[first + i] = T(gradient);
          }
        });
        float* sums_of_block = &parts[block * 2 * channels];
        blocks.add_up(sum_g, sums_of_block);
        blocks.add_up(sum_g_xhat, sums_of_block + channels);
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
  const RowBlocks blocks(x, mean.dim(0));
  const Constants constants(blocks, mean, variance, eps, gamma, beta);
  std::vector<float> mean_g(blocks.groups * blocks.line), mean_g_xhat(mean_g.size());
  for (int64_t s = 0; s < blocks.groups * blocks.channels; ++s) {
    blocks.set(s, sums.data<float>()[2 * s] / static_cast<float>(rows), mean_g);
    blocks.set(s, sums.data<float>()[2 * s + 1] / static_cast<float>(rows), mean_g_xhat);
  }
  with_mask(g, {}, x, {}, relu, [&]<class T>(T, auto masked) {
    const T* in = x.data<T>();
    T* out = dx.data<T>();
    blocks.for_each([&, masked](int64_t, int64_t group, int64_t begin, int64_t end) {
      const int64_t at = group * blocks.line;
      const float *mean = &constants.mean[at], *inverse = &constants.inverse_deviation[at],
                  *scale = &constants.scale[at], *shift = &constants.shift[at],
                  *group_mean = &mean_g[at], *group_xhat = &mean_g_xhat[at];
      blocks.for_lines(begin, end, [=](int64_t first, int64_t count) {
#pragma GCC ivdep
        for (int64_t i = 0; i < count; ++i) {
          const math::NormalizationGrad<float> grad{mean[i], inverse[i], scale[i], group_mean[i],
                                                    group_xhat[i]};
          out[first + i] =
              T(grad(masked(first + i, scale[i], shift[i]), static_cast<float>(in[first + i])));
        }
      });
    });
  });
}

}  // namespace siam::cpu
