#include "tensor/norm_conv.h"

#include <utility>

#include "autograd/norm_over_parts.h"
#include "autograd/training_statistics.h"

namespace siam {

Unnormalized conv2d_with_statistics(const Variable& x, const Variable& w, ConvGeometry geometry,
                                    int groups) {
  const auto [y, statistics] = conv2d_with_statistics(x.value(), w.value(), geometry, groups);
  return {conv2d_result(x, w, geometry, y), statistics};
}

Unnormalized norm_conv2d_train(const Unnormalized& input, const Variable& gamma,
                               const Variable& beta, const BatchNormState& state, int groups,
                               const Variable& w, ConvGeometry geometry, NormOverParts* parts) {
  const Variable& x = input.x;
  const auto [statistics, rows] =
      training_statistics(x.value(), input.statistics, state, groups, parts);
  const NormParameters norm{statistics, state.eps, gamma.value(), beta.value()};
  const NormConv result = norm_conv2d(x.value(), norm, w.value(), geometry);
  // a is let go when the weights' gradient is done.
  const Variable y = record(
      "norm_conv2d", result.y, {x, gamma, beta, w},
      [x = x.value(), norm, a = result.a, w = w.value(), geometry, rows = rows,
       parts](const Tensor& dy) mutable {
        const Tensor dw =
            norm_conv2d_backward_weight(dy, x, norm, std::exchange(a, {}), w.shape(), geometry);
        const auto [g, sums] = norm_conv2d_backward_data(dy, w, x, norm, geometry);
        const Tensor dx =
            normalize_input_grad(g, x, {}, norm.statistics, norm.eps, norm.gamma, norm.beta,
                                 /*relu=*/true,
                                 parts != nullptr ? parts->sums(sums.groups) : sums.groups, rows,
                                 /*want_dresidual=*/false)
                .dx;
        return std::vector{dx, sums.dgamma, sums.dbeta, dw};
      });
  return {y, result.statistics};
}

}  // namespace siam
