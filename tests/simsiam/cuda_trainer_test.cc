// Training on the GPU: the CPU's losses, and the same bits however the steps are queued.

#include <doctest/doctest.h>

#include <cmath>

#include "tests/simsiam/toy.h"

namespace siam {

namespace {

struct Run {
  std::vector<double> losses;  ///< of each epoch
  Tensor weights;
};

// Twelve steps in three epochs.
Run train(Config config) {
  Trainer trainer(config, data());
  train_to_end(trainer);
  Run run;
  for (const EpochMetrics& epoch : trainer.history()) run.losses.push_back(epoch.loss);
  run.weights = trainer.parameters().values.to(Device::cpu);
  return run;
}

Config on_gpu(bool eager, DType precision = DType::f32) {
  Config config = tiny();
  config.device = Device::cuda;
  config.eager = eager;
  config.precision = precision;
  return config;
}

}  // namespace

// f32 sums in another order, over the first epoch's four steps; later the runs part (a number that
// crosses a ReLU's edge changes a gradient by more than a rounding).
TEST_CASE("the first steps have the CPU's loss") {
  const double cpu = train(tiny()).losses[0];
  for (const bool eager : {true, false})
    CHECK(train(on_gpu(eager)).losses[0] == doctest::Approx(cpu).epsilon(1e-4));
}

TEST_CASE("captured and eager steps have the same bits, and so have two runs") {
  for (const DType precision : {DType::f32, DType::bf16, DType::f16}) {
    CAPTURE(precision);
    const Run graph = train(on_gpu(false, precision)), again = train(on_gpu(false, precision));
    const Run eager = train(on_gpu(true, precision));
    CHECK(graph.losses == eager.losses);
    CHECK(same_bits(graph.weights, eager.weights));
    CHECK(same_bits(graph.weights, again.weights));
  }
}

TEST_CASE("a step that is not finite is named, captured or not") {
  for (const bool eager : {true, false}) {
    Config config = on_gpu(eager);
    config.base_learning_rate = 1e30;
    CHECK_THROWS_AS(train(config), NotFinite);
  }
}

}  // namespace siam
