#include "tensor/batch_norm.h"

#include "autograd/norm_over_parts.h"
#include "autograd/training_statistics.h"

namespace siam {

Variable batch_norm_train(const Unnormalized& input, const Variable& gamma, const Variable& beta,
                          const BatchNormState& state, int groups, const Variable& residual,
                          bool relu, NormOverParts* parts) {
  const Variable& x = input.x;
  const auto [statistics, rows] =
      training_statistics(x.value(), input.statistics, state, groups, parts);
  Tensor y = normalize(x.value(), statistics, state.eps, gamma.value(), beta.value(),
                       residual.value(), relu);
  // Where the ReLU follows a sum, its mask is read off the result; else it is recomputed from x.
  const Tensor mask = relu && residual.defined() ? y : Tensor();
  return record(
      "batch_norm", y, {x, gamma, beta, residual},
      [x = x.value(), mask, statistics = statistics, eps = state.eps, gamma = gamma.value(),
       beta = beta.value(), relu, rows = rows, parts,
       need_dresidual = residual.requires_grad()](const Tensor& dy) {
        const NormalizeSums sums = normalize_sums(dy, x, mask, statistics, eps, gamma, beta, relu);
        const auto [dx, dresidual] = normalize_input_grad(
            dy, x, mask, statistics, eps, gamma, beta, relu,
            parts != nullptr ? parts->sums(sums.groups) : sums.groups, rows, need_dresidual);
        return std::vector{dx, sums.dgamma, sums.dbeta, dresidual};
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
