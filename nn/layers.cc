#include "nn/layers.h"

#include <cmath>

#include "nn/in_parts.h"

namespace siam {

Conv2d::Conv2d(Initializer& init, int64_t in, int64_t out, int kernel, int stride)
    : weight(init.normal({out, kernel, kernel, in}, std::sqrt(2.0 / (out * kernel * kernel)))),
      geometry{stride, kernel / 2} {}

Variable Conv2d::operator()(const Variable& x) const {
  return conv2d(x, weight.as(x.dtype()), geometry);
}

Linear::Linear(Initializer& init, int64_t in, int64_t out, bool with_bias)
    : weight(init.uniform({out, in}, 1.0 / std::sqrt(in))) {
  if (with_bias) bias = Parameter(init.uniform({out}, 1.0 / std::sqrt(in)));
}

Variable Linear::operator()(const Variable& x) const {
  return linear(x, weight.as(x.dtype()), bias.value);
}

void Linear::visit(Registry& registry) {
  registry.parameter("weight", weight);
  registry.parameter("bias", bias);
}

BatchNorm::BatchNorm(int64_t channels, bool affine) {
  if (affine) {
    weight = Parameter(Tensor::full({channels}, 1));
    bias = Parameter(Tensor::zeros({channels}));
  }
  state.running_mean = Tensor::zeros({channels});
  state.running_variance = Tensor::full({channels}, 1);
}

Variable BatchNorm::operator()(const Variable& x, Mode mode, const Then& then) const {
  if (!mode.training)
    return batch_norm_infer(x, weight.value, bias.value, state, then.residual, then.relu);
  const BatchNormState untracked{.momentum = state.momentum, .eps = state.eps};
  std::shared_ptr<NormOverParts> parts;
  if (mode.norms != nullptr)
    parts = mode.norms->of(this);
  else if (mode.ranks != nullptr)
    parts = std::make_shared<NormOverRanks>(*mode.ranks);
  return batch_norm_train(x, weight.value, bias.value, mode.update_running ? state : untracked,
                          mode.groups, then.residual, then.relu, std::move(parts));
}

void BatchNorm::visit(Registry& registry) {
  registry.parameter("weight", weight);
  registry.parameter("bias", bias);
  registry.buffer("running_mean", state.running_mean);
  registry.buffer("running_var", state.running_variance);
}

}  // namespace siam
