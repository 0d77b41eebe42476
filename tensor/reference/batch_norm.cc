// Groups are consecutive runs of rows: row r of M rows in G groups belongs to group r / (M / G).

#include <cmath>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"

namespace siam::reference {

namespace {

// Element c of an optional vector of parameters, which may be wider than the activations.
template <class A>
A parameter(const Tensor& vector, int64_t c, A otherwise) {
  return vector.defined() ? vector.data<A>()[c] : otherwise;
}

}  // namespace

void batch_statistics(const Tensor& x, const Tensor& mean, const Tensor& variance) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  for_any_float(x.dtype(), [&]<class T>(T) {
    using A = Acc<T>;
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t c = 0; c < channels; ++c) {
        math::Moments<double> moments;
        for (int64_t r = g * rows; r < (g + 1) * rows; ++r)
          moments.add(A(x.data<T>()[r * channels + c]));
        mean.data<A>()[g * channels + c] = static_cast<A>(moments.mean);
        variance.data<A>()[g * channels + c] =
            static_cast<A>(moments.m2 / static_cast<double>(rows));
      }
  });
}

void merge_statistics(const Tensor& parts, int64_t rows, const Tensor& mean,
                      const Tensor& variance) {
  const int64_t n = mean.numel();
  const auto count = static_cast<double>(rows);
  for_any_float(parts.dtype(), [&]<class T>(T) {
    using A = Acc<T>;
    for (int64_t i = 0; i < n; ++i) {
      math::Moments<double> merged;
      for (int64_t part = 0; part < parts.dim(0); ++part) {
        const A* of = parts.data<A>() + part * 2 * n + i;
        merged.merge({count, of[0], of[n] * count});
      }
      mean.data<A>()[i] = static_cast<A>(merged.mean);
      variance.data<A>()[i] = static_cast<A>(merged.m2 / merged.count);
    }
  });
}

void normalize(const Tensor& x, const Tensor& mean, const Tensor& variance, double eps,
               const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu,
               const Tensor& y) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  for_any_float(x.dtype(), [&]<class T>(T) {
    using A = Acc<T>;
    for (int64_t r = 0; r < groups * rows; ++r)
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t i = r * channels + c, s = r / rows * channels + c;
        const A inverse_deviation = 1 / std::sqrt(variance.data<A>()[s] + A(eps));
        const auto affine =
            math::normalization(mean.data<A>()[s], inverse_deviation, parameter<A>(gamma, c, 1),
                                parameter<A>(beta, c, 0));
        A value = affine(A(x.data<T>()[i]));
        if (residual.defined()) value += A(residual.data<T>()[i]);
        y.data<T>()[i] = T(relu ? math::Relu()(value) : value);
      }
  });
}

namespace {

// Calls body(first row, last row, channel, statistic, grad, masked) for each channel of each group;
// masked(i) is dy (+ more) after the ReLU's mask, which is y > 0 or, without y, recomputed from x.
template <class T, class Body>
void for_each_channel(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,
                      const Tensor& mean, const Tensor& variance, double eps, const Tensor& gamma,
                      const Tensor& beta, bool relu, const Body& body) {
  using A = Acc<T>;
  const int64_t groups = mean.dim(0), channels = mean.dim(1), rows = x.shape().rows() / groups;
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t s = g * channels + c;
      const A inverse_deviation = 1 / std::sqrt(variance.data<A>()[s] + A(eps));
      const auto affine = math::normalization(mean.data<A>()[s], inverse_deviation,
                                              parameter<A>(gamma, c, 1), parameter<A>(beta, c, 0));
      auto masked = [&](int64_t i) {
        const A gradient = A(dy.data<T>()[i]) + (more.defined() ? A(more.data<T>()[i]) : A(0));
        if (!relu) return gradient;
        return math::ReluGrad()(gradient,
                                y.defined() ? A(y.data<T>()[i]) : affine(A(x.data<T>()[i])));
      };
      const math::NormalizationGrad<A> grad{mean.data<A>()[s], inverse_deviation, affine.scale, 0,
                                            0};
      body(g * rows, (g + 1) * rows, c, s, grad, masked);
    }
}

}  // namespace

void normalize_sums(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,
                    const Tensor& mean, const Tensor& variance, double eps, const Tensor& gamma,
                    const Tensor& beta, bool relu, const Tensor& sums, const Tensor& dgamma,
                    const Tensor& dbeta, const Tensor& g) {
  dgamma.fill_zero();
  dbeta.fill_zero();
  for_any_float(x.dtype(), [&]<class T>(T) {
    using A = Acc<T>;
    const int64_t channels = mean.dim(1);
    for_each_channel<T>(dy, more, x, y, mean, variance, eps, gamma, beta, relu,
                        [&](int64_t begin, int64_t end, int64_t c, int64_t s, const auto& grad,
                            const auto& masked) {
                          double sum_g = 0, sum_g_xhat = 0;
                          for (int64_t r = begin; r < end; ++r) {
                            const int64_t i = r * channels + c;
                            sum_g += masked(i);
                            sum_g_xhat += masked(i) * grad.xhat(A(x.data<T>()[i]));
                            if (g.defined()) g.data<T>()[i] = T(masked(i));
                          }
                          sums.data<A>()[2 * s] = static_cast<A>(sum_g);
                          sums.data<A>()[2 * s + 1] = static_cast<A>(sum_g_xhat);
                          dgamma.data<A>()[c] += static_cast<A>(sum_g_xhat);
                          dbeta.data<A>()[c] += static_cast<A>(sum_g);
                        });
  });
}

void normalize_input_grad(const Tensor& g, const Tensor& x, const Tensor& mean,
                          const Tensor& variance, double eps, const Tensor& gamma,
                          const Tensor& beta, bool relu, const Tensor& sums, int64_t rows,
                          const Tensor& dx) {
  for_any_float(x.dtype(), [&]<class T>(T) {
    using A = Acc<T>;
    const int64_t channels = mean.dim(1);
    for_each_channel<T>(
        g, {}, x, {}, mean, variance, eps, gamma, beta, relu,
        [&](int64_t begin, int64_t end, int64_t c, int64_t s, auto grad, const auto& masked) {
          grad.mean_dy = sums.data<A>()[2 * s] / A(rows);
          grad.mean_dy_xhat = sums.data<A>()[2 * s + 1] / A(rows);
          for (int64_t r = begin; r < end; ++r) {
            const int64_t i = r * channels + c;
            dx.data<T>()[i] = T(grad(masked(i), A(x.data<T>()[i])));
          }
        });
  });
}

void update_running(const Tensor& mean, const Tensor& variance, int64_t rows, double momentum,
                    const Tensor& running_mean, const Tensor& running_variance) {
  const int64_t groups = mean.dim(0), channels = mean.dim(1);
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  for_any_float(mean.dtype(), [&]<class T>(T) {
    auto blend = [&](T& running, double value) {
      running = T(Acc<T>((1 - momentum) * static_cast<double>(running) + momentum * value));
    };
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t c = 0; c < channels; ++c) {
        blend(running_mean.data<T>()[c], mean.data<T>()[g * channels + c]);
        blend(running_variance.data<T>()[c], unbiased * variance.data<T>()[g * channels + c]);
      }
  });
}

}  // namespace siam::reference
