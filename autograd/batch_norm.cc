#include "tensor/batch_norm.h"

#include "autograd/norm_over_parts.h"
#include "autograd/ops.h"

namespace siam {

Variable batch_norm_train(const Variable& x, const Variable& gamma, const Variable& beta,
                          const BatchNormState& state, int groups, const Variable& residual,
                          bool relu, std::shared_ptr<NormOverParts> parts) {
  BatchStatistics statistics = batch_statistics(x.value(), groups);
  int64_t rows = x.shape().rows() / groups;
  if (parts != nullptr) {
    statistics = parts->statistics(statistics, rows);
    rows = parts->rows(rows);
  }
  check(parts != nullptr || rows >= 2,
        "batch_norm: {} value per channel; more than one is needed: use a larger batch", rows);
  if (state.running_mean.defined())
    update_running(statistics, rows, state.momentum, state.running_mean, state.running_variance);
  Tensor y = normalize(x.value(), statistics, state.eps, gamma.value(), beta.value(),
                       residual.value(), relu);
  // If the ReLU follows a sum, its mask is taken from the result; otherwise it is recomputed from
  // x.
  const Tensor mask = relu && residual.defined() ? y : Tensor();
  return record("batch_norm", y, {x, gamma, beta, residual},
                [x = x.value(), mask, statistics, eps = state.eps, gamma = gamma.value(),
                 beta = beta.value(), relu, rows, parts,
                 need_dresidual = residual.requires_grad()](const Tensor& dy, const Tensor& more) {
                  const NormalizeSums sums =
                      normalize_sums(dy, more, x, mask, statistics, eps, gamma, beta, relu);
                  const bool masked = sums.g.defined();
                  const Tensor& g = masked ? sums.g : dy;
                  const Tensor dx = normalize_input_grad(
                      g, x, statistics, eps, gamma, beta, relu && !masked,
                      parts != nullptr ? parts->sums(sums.groups) : sums.groups, rows);
                  return std::vector{dx, sums.dgamma, sums.dbeta, need_dresidual ? g : Tensor()};
                });
}

Variable batch_norm_infer(const Variable& x, const Variable& gamma, const Variable& beta,
                          const BatchNormState& state, const Variable& residual, bool relu) {
  const int64_t channels = x.dim(-1);
  const BatchStatistics statistics{state.running_mean.reshape({1, channels}),
                                   state.running_variance.reshape({1, channels})};
  return record("batch_norm_infer",
                normalize(x.value(), statistics, state.eps, gamma.value(), beta.value(),
                          residual.value(), relu),
                {x, gamma, beta, residual}, [](const Tensor&) -> std::vector<Tensor> {
                  fail(
                      "batch_norm_infer: has no backward; train with batch statistics, or evaluate "
                      "inside a NoGrad scope");
                });
}

}  // namespace siam
