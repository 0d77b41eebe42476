#include "tensor/batch_norm.h"

#include "autograd/ops.h"

namespace siam {

Variable batch_norm_train(const Variable& x, const Variable& gamma, const Variable& beta,
                          const BatchNormState& state, int groups, const Variable& residual,
                          bool relu) {
  const BatchStatistics statistics = batch_statistics(x.value(), groups);
  if (state.running_mean.defined())
    update_running(statistics, x.shape().rows() / groups, state.momentum, state.running_mean,
                   state.running_variance);
  Tensor y = normalize(x.value(), statistics, state.eps, gamma.value(), beta.value(),
                       residual.value(), relu);
  // Where the ReLU follows a sum, its mask is read off the result; else it is recomputed from x.
  const Tensor mask = relu && residual.defined() ? y : Tensor();
  return record(
      "batch_norm", y, {x, gamma, beta, residual},
      [x = x.value(), mask, statistics, eps = state.eps, gamma = gamma.value(), beta = beta.value(),
       relu, need_dresidual = residual.requires_grad()](const Tensor& dy) {
        NormalizeGradients g =
            normalize_backward(dy, x, mask, statistics, eps, gamma, beta, relu, need_dresidual);
        return std::vector{g.dx, g.dgamma, g.dbeta, g.dresidual};
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
