// Every op against PyTorch in float64, forward and backward (tests/golden/make_golden.py).

#include <doctest/doctest.h>

#include <functional>

#include "autograd/ops.h"
#include "tensor/io/safetensors.h"
#include "tests/relative_error.h"

namespace siam {

namespace {

struct GoldenOp {
  std::string name;
  std::vector<std::string> inputs;
  std::function<Variable(const std::vector<Variable>&)> op;
};

using Inputs = std::vector<Variable>;

std::function<Variable(const Inputs&)> convolution(ConvGeometry geometry) {
  return [=](const Inputs& in) { return conv2d(in[0], in[1], geometry); };
}

std::vector<GoldenOp> golden_ops(const TensorFile& golden, const BatchNormState& state) {
  return {
      {"relu", {"input"}, [](const Inputs& in) { return relu(in[0]); }},
      {"linear",
       {"input", "weight", "bias"},
       [](const Inputs& in) { return linear(in[0], in[1], in[2]); }},
      {"conv3x3", {"input", "weight"}, convolution({1, 1})},
      {"conv3x3s2", {"input", "weight"}, convolution({2, 1})},
      {"conv1x1s2", {"input", "weight"}, convolution({2, 0})},
      {"conv7x7s2", {"input", "weight"}, convolution({2, 3})},
      {"max_pool",
       {"input"},
       [](const Inputs& in) {
         return max_pool2d(in[0], {3, 2, 1});
       }},
      {"global_avg_pool", {"input"}, [](const Inputs& in) { return global_avg_pool(in[0]); }},
      {"cosine", {"p", "z"}, [](const Inputs& in) { return cosine_similarity(in[0], in[1]); }},
      {"softmax", {"input"}, [](const Inputs& in) { return softmax(in[0]); }},
      {"cross_entropy",
       {"input"},
       [&](const Inputs& in) {
         return softmax_cross_entropy(in[0], Variable(golden.at("cross_entropy.target")));
       }},
      {"batch_norm",
       {"input", "weight", "bias", "residual"},
       [&](const Inputs& in) {
         return batch_norm_train(in[0], in[1], in[2], state, 2, in[3], true);
       }},
  };
}

// A handful of f32 roundings after sums of at most a few hundred terms.
constexpr double kTolerance = 2e-6;

void check_equal(const Tensor& got, const Tensor& expected) {
  CHECK(got.shape() == expected.shape());
  CHECK(relative_error(got, expected) < kTolerance);
}

}  // namespace

TEST_CASE("every op is PyTorch's, forward and backward") {
  const TensorFile golden = load_safetensors(SIAM_SOURCE_DIR "/tests/golden/ops.safetensors");
  const BatchNormState state{Tensor::zeros({7}), Tensor::full({7}, 1)};
  for (const GoldenOp& c : golden_ops(golden, state)) {
    CAPTURE(c.name);
    Inputs leaves;
    for (const std::string& input : c.inputs)
      leaves.emplace_back(golden.at(c.name + "." + input), true);
    const Variable y = c.op(leaves);
    check_equal(y.value(), golden.at(c.name + ".y"));
    backward(y, golden.at(c.name + ".dy"));
    for (size_t i = 0; i < leaves.size(); ++i) {
      CAPTURE(c.inputs[i]);
      check_equal(leaves[i].grad(), golden.at(c.name + ".d" + c.inputs[i]));
    }
  }
  check_equal(state.running_mean, golden.at("batch_norm.running_mean"));
  check_equal(state.running_variance, golden.at("batch_norm.running_var"));
}

}  // namespace siam
