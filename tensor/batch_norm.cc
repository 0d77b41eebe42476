#include "tensor/batch_norm.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

namespace {

void check_channels(const char* op, const Tensor& x, const BatchStatistics& statistics,
                    const Tensor& gamma, const Tensor& beta) {
  const int64_t channels = x.dim(-1);
  const Shape& shape = statistics.mean.shape();
  check(shape.rank() == 2 && shape[0] >= 1 && shape[1] == channels &&
            statistics.mean.dtype() == accumulate_type(x.dtype()) &&
            x.shape().rows() % shape[0] == 0,
        "{}: statistics {} {} for x {} {}; {} [groups,{}] with groups dividing the rows is needed",
        op, statistics.mean.dtype(), shape, x.dtype(), x.shape(), accumulate_type(x.dtype()),
        channels);
  check_like(op, statistics.mean, {&statistics.variance});
  for (const Tensor* parameter : {&gamma, &beta})
    check(!parameter->defined() || (parameter->shape() == Shape{channels} &&
                                    parameter->dtype() == accumulate_type(x.dtype())),
          "{}: scale or shift is {} {}; {} [{}] is needed", op, parameter->dtype(),
          parameter->shape(), accumulate_type(x.dtype()), channels);
  check_same_device(op, {&x, &statistics.mean, &gamma, &beta});
}

}  // namespace

BatchStatistics batch_statistics(const Tensor& x, int groups) {
  check(x.rank() >= 2 && groups >= 1 && x.dim(0) % groups == 0,
        "batch_statistics: x {} in {} groups; the groups must divide the leading dimension",
        x.shape(), groups);
  check(x.shape().rows() > 0, "batch_statistics: x {} has no rows; one or more are needed",
        x.shape());
  const Shape shape = {groups, x.dim(-1)};
  const DType type = accumulate_type(x.dtype());
  BatchStatistics statistics{Tensor::empty(shape, type, x.device()),
                             Tensor::empty(shape, type, x.device())};
  SIAM_DISPATCH(x, batch_statistics(x, statistics.mean, statistics.variance));
  return statistics;
}

BatchStatistics merge_statistics(const Tensor& parts, int64_t rows) {
  check(parts.rank() == 3 && parts.dim(0) >= 1 && parts.dim(1) == 2 && rows >= 1 &&
            accumulate_type(parts.dtype()) == parts.dtype(),
        "merge_statistics: {} {} of {} rows each; f32 or f64 [parts,2,n] is needed", parts.dtype(),
        parts.shape(), rows);
  const auto empty = [&] { return Tensor::empty({parts.dim(2)}, parts.dtype(), parts.device()); };
  const BatchStatistics whole{empty(), empty()};
  SIAM_DISPATCH(parts, merge_statistics(parts, rows, whole.mean, whole.variance));
  return whole;
}

Tensor normalize(const Tensor& x, const BatchStatistics& statistics, double eps,
                 const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu) {
  check_channels("normalize", x, statistics, gamma, beta);
  check_like("normalize", x, {&residual});
  Tensor y = x.empty_like();
  SIAM_DISPATCH(
      x, normalize(x, statistics.mean, statistics.variance, eps, gamma, beta, residual, relu, y));
  return y;
}

NormalizeSums normalize_sums(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,
                             const BatchStatistics& statistics, double eps, const Tensor& gamma,
                             const Tensor& beta, bool relu) {
  check_channels("normalize_sums", x, statistics, gamma, beta);
  check_like("normalize_sums", x, {&dy, &more, &y});
  const int64_t channels = x.dim(-1);
  auto result = [&](const Shape& shape) {
    return Tensor::empty(shape, accumulate_type(x.dtype()), x.device());
  };
  const bool store = more.defined() || (relu && y.defined());
  NormalizeSums sums{result({statistics.mean.dim(0), channels, 2}), result({channels}),
                     result({channels}), store ? x.empty_like() : Tensor()};
  SIAM_DISPATCH(x, normalize_sums(dy, more, x, y, statistics.mean, statistics.variance, eps, gamma,
                                  beta, relu, sums.groups, sums.dgamma, sums.dbeta, sums.g));
  return sums;
}

Tensor normalize_input_grad(const Tensor& g, const Tensor& x, const BatchStatistics& statistics,
                            double eps, const Tensor& gamma, const Tensor& beta, bool relu,
                            const Tensor& sums, int64_t rows) {
  check_channels("normalize_input_grad", x, statistics, gamma, beta);
  check_like("normalize_input_grad", x, {&g});
  check(sums.shape() == Shape{statistics.mean.dim(0), x.dim(-1), 2} &&
            sums.dtype() == statistics.mean.dtype() && rows >= 1,
        "normalize_input_grad: sums {} {} over {} rows for x {} in {} groups; {} "
        "[groups,channels,2] is needed",
        sums.dtype(), sums.shape(), rows, x.shape(), statistics.mean.dim(0),
        statistics.mean.dtype());
  check_same_device("normalize_input_grad", {&x, &sums});
  const Tensor dx = x.empty_like();
  SIAM_DISPATCH(x, normalize_input_grad(g, x, statistics.mean, statistics.variance, eps, gamma,
                                        beta, relu, sums, rows, dx));
  return dx;
}

void update_running(const BatchStatistics& statistics, int64_t rows, double momentum,
                    const Tensor& running_mean, const Tensor& running_variance) {
  const Shape channels = {statistics.mean.dim(1)};
  check(running_mean.shape() == channels && running_mean.dtype() == statistics.mean.dtype() &&
            rows >= 2,
        "update_running: running statistics {} {} for {} channels in {} over {} rows; they must "
        "agree, with two rows or more",
        running_mean.dtype(), running_mean.shape(), channels[0], statistics.mean.dtype(), rows);
  check_like("update_running", running_mean, {&running_variance});
  check_same_device("update_running", {&statistics.mean, &statistics.variance, &running_mean});
  SIAM_DISPATCH(statistics.mean, update_running(statistics.mean, statistics.variance, rows,
                                                momentum, running_mean, running_variance));
}

}  // namespace siam
