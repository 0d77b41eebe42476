// Training steps of small networks against PyTorch in float64 (tests/golden/make_golden.py).

#include <doctest/doctest.h>

#include <cmath>

#include "nn/optimizer.h"
#include "simsiam/loss.h"
#include "simsiam/model.h"
#include "tensor/io/safetensors.h"
#include "tests/relative_error.h"

namespace siam {

namespace {

struct GoldenRun {
  const char* file;
  ModelConfig model;
  bool stop_gradient;
};

ModelConfig tiny(bool bottleneck, int projector_layers) {
  return {.backbone = {.arch = {{1, 1, 1, 1}, bottleneck},
                       .width = 4,
                       .stem = bottleneck ? Stem::imagenet : Stem::cifar},
          .projector_layers = projector_layers,
          .projector_hidden = 16,
          .dim = 24,
          .predictor_hidden = 8};
}

// All tensors of the model by name: what is learned, and the running statistics.
std::map<std::string, Tensor> state(const Registry& registry) {
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, parameter] : registry.parameters)
    tensors[name] = parameter->value.value();
  for (const auto& [name, buffer] : registry.buffers) tensors[name] = *buffer;
  return tensors;
}

// Ours have the f32 rounding errors (6e-8) of a training step through some twenty batch norms, each
// of which amplifies errors relative to its channel's deviation. kLeast: some gradients are zero up
// to rounding, like that of the projector's last shift with the stop-gradient, which the
// predictor's batch norm cancels.
constexpr double kLossTolerance = 1e-5, kTolerance = 1e-3, kLeast = 1e-2;

void check_run(const GoldenRun& run) {
  const TensorFile golden =
      load_safetensors(std::string(SIAM_SOURCE_DIR "/tests/golden/") + run.file + ".safetensors");
  Initializer init(0);
  SimSiam model(init, run.model);
  Registry registry;
  model.visit(registry);
  FlatParameters parameters(registry, Device::cpu, DType::f32);
  const std::map<std::string, Tensor> live = state(registry);
  for (const auto& [name, tensor] : live) tensor.copy_from(golden.at("before." + name));
  Sgd sgd(parameters, {.momentum = 0.9, .weight_decay = 5e-4}, {"encoder.", "predictor."});
  sgd.set_learning_rate(0, 0.01);
  sgd.set_learning_rate(1, 0.02);

  for (int step = 0; step < 3; ++step) {
    CAPTURE(step);
    parameters.zero_grad();
    const Variable views(golden.at(fmt::format("views.{}", step)));
    const auto [z, p] = model(views, {.training = true, .groups = 2});
    const Variable loss = simsiam_loss(p, z, {.stop_gradient = run.stop_gradient});
    CHECK(std::abs(loss.value().item() - golden.at("losses").span<double>()[step]) <
          kLossTolerance);
    backward(loss);
    parameters.collect_grads();
    if (step == 0) {
      for (const auto& entry : parameters.entries()) {
        CAPTURE(entry.name);
        CHECK(relative_error(parameters.view(parameters.grads, entry),
                             golden.at("grad." + entry.name), kLeast) < kTolerance);
      }
    }
    sgd.step();
  }
  for (const auto& [name, tensor] : live) {
    CAPTURE(name);
    CHECK(relative_error(tensor, golden.at("after." + name), kLeast) < kTolerance);
  }
}

}  // namespace

TEST_CASE("three SGD steps of a small SimSiam with ResNet-18's blocks are PyTorch's") {
  check_run({"resnet18_stopgrad", tiny(false, 2), true});
}

TEST_CASE("without the stop-gradient too") {
  check_run({"resnet18_no_stopgrad", tiny(false, 2), false});
}

TEST_CASE("three SGD steps of a small SimSiam with ResNet-50's blocks and stem are PyTorch's") {
  check_run({"resnet50_stopgrad", tiny(true, 3), true});
}

}  // namespace siam
