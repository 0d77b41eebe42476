// LARC against apex's rule computed in PyTorch (tests/golden/make_larc.py).

#include "nn/larc.h"

#include <doctest/doctest.h>

#include <cmath>

#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/io/safetensors.h"
#include "tensor/rows.h"
#include "tests/relative_error.h"

namespace siam {

namespace {

struct Classifier {
  Initializer init{1};
  Linear linear{init, 6, 4, true};
  Registry registry;
  explicit Classifier(const Tensor& weight) {
    linear.weight = Parameter(weight.clone());
    linear.bias = Parameter(Tensor::zeros({4}));
    linear.visit(registry);
  }
};

}  // namespace

// The file is rounded from f64, so 1e-6 is what f32 arithmetic with sums of at most 12 terms loses
// over three steps. Leaving the zero-norm rule out freezes the bias: an error of 1.
TEST_CASE("three LARC steps agree with apex's rule, its zero-norm exception included") {
  const TensorFile golden = load_safetensors(SIAM_SOURCE_DIR "/tests/golden/larc.safetensors");
  for (const auto& [prefix, decay] : {std::pair{"plain", 0.0}, std::pair{"decay", 0.01}}) {
    Classifier model(golden.at("weight"));
    FlatParameters flat(model.registry, Device::cpu, DType::f32);
    Sgd sgd(flat, {.momentum = 0.9, .weight_decay = 0});
    sgd.set_learning_rate(0, 1.6);
    for (int step = 0; step < 3; ++step) {
      flat.zero_grad();
      const Tensor x = golden.at("x").rows(step, step + 1).reshape({12, 6});
      const Tensor labels = golden.at("labels").rows(step, step + 1).reshape({12});
      backward(mean(softmax_cross_entropy(model.linear(Variable(x)),
                                          Variable(one_hot(labels, 4, DType::f32, Device::cpu)))));
      flat.collect_grads();
      larc_scale(flat, {.trust = 0.001, .weight_decay = decay});
      sgd.step();
      CAPTURE(prefix);
      CAPTURE(step);
      const auto expected = [&](const char* name) {
        return golden.at(fmt::format("{}.{}.{}", prefix, name, step));
      };
      CHECK(relative_error(model.linear.weight.value.value(), expected("weight")) < 1e-6);
      CHECK(relative_error(model.linear.bias.value.value(), expected("bias")) < 1e-6);
    }
  }
}

TEST_CASE("a zero gradient stays zero, also with weight decay") {
  Classifier model(Tensor::full({4, 6}, 2));
  FlatParameters flat(model.registry, Device::cpu, DType::f32);
  flat.collect_grads();
  larc_scale(flat, {.weight_decay = 0.1});
  for (const float value : flat.grads.span<float>()) CHECK(value == 0);
}

}  // namespace siam
