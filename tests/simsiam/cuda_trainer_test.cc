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

// Means over the steps so far, after each of ten steps: agreement of all of them is agreement of
// each loss.
std::vector<double> ten_losses(Config config) {
  config.epochs = 1;
  config.read_back = 1;
  Trainer trainer(config, {patches(120, 1), patches(24, 2)});
  std::vector<double> losses;
  trainer.train_epoch([&](const StepInfo& info) { losses.push_back(info.loss); });
  return losses;
}

// f32 sums in another order. The rate is low: at a high one the runs part within a few steps, as a
// number that crosses a ReLU's edge changes a gradient by more than a rounding.
TEST_CASE("ten steps have the CPU's losses") {
  Config cpu = tiny();
  cpu.base_learning_rate = 0.05;
  const std::vector<double> wanted = ten_losses(cpu);
  REQUIRE(wanted.size() == 10);
  for (const bool eager : {true, false}) {
    Config config = on_gpu(eager);
    config.base_learning_rate = cpu.base_learning_rate;
    const std::vector<double> seen = ten_losses(config);
    REQUIRE(seen.size() == 10);
    for (size_t i = 0; i < 10; ++i) CHECK(seen[i] == doctest::Approx(wanted[i]).epsilon(1e-4));
  }
}

TEST_CASE("the kNN monitor votes as on the CPU") {
  const Trainer cpu(tiny(), data()), gpu(on_gpu(true), data());
  CHECK(gpu.knn() == cpu.knn());
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

TEST_CASE("a loss scale that overflows f16 is seen, and no weight changes") {
  for (const bool eager : {true, false}) {
    Config config = on_gpu(eager, DType::f16);
    config.loss_scale = 1e9;
    Trainer trainer(config, data());
    const Tensor before = trainer.parameters().values.to(Device::cpu);
    CHECK_THROWS_WITH_AS(trainer.train_epoch(), doctest::Contains("not finite at step 1"),
                         NotFinite);
    CHECK(same_bits(before, trainer.parameters().values.to(Device::cpu)));
  }
}

TEST_CASE("each objective learns as eagerly as captured, or says that it cannot be captured") {
  for (const Method method :
       {Method::alternating, Method::expectation, Method::simclr, Method::byol}) {
    CAPTURE(name_of(method));
    Config graph = on_gpu(false), eager = on_gpu(true);
    graph.objective.method = eager.objective.method = method;
    CHECK(same_bits(train(graph).weights, train(eager).weights));
  }
}

}  // namespace siam
