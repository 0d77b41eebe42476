// Training on the GPU: the CPU's losses, and the same bits however the steps are queued.

#include <doctest/doctest.h>

#include <cmath>

#include "simsiam/features.h"
#include "tensor/map.h"
#include "tensor/rows.h"
#include "tests/simsiam/from_files.h"
#include "tests/simsiam/toy.h"
#include "tests/tensor/cuda_compare.h"

namespace siam {

namespace {

struct Run {
  std::vector<double> losses;  ///< of each epoch
  Tensor weights;
};

bool expects_graph(const Config& config) {
  const Method method = config.objective.method;  // the others look up samples on the host
  return !config.eager &&
         (method == Method::simsiam || method == Method::simclr || method == Method::byol);
}

// Twelve steps in three epochs.
Run train(Config config, const TrainTest& images = data()) {
  Trainer trainer(config, images);
  train_to_end(trainer);
  // Nothing has fallen back to eager steps.
  CHECK((trainer.step_memory().reserved > 0) == expects_graph(config));
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

// Means over the steps so far, after each of ten steps: if all of them agree, so does each loss.
std::vector<double> ten_losses(Config config, std::shared_ptr<const Dataset> images) {
  config.epochs = 1;
  config.read_back = 1;
  Trainer trainer(config, {images, patches(24, 2)});
  std::vector<double> losses;
  trainer.train_epoch([&](const StepInfo& info) { losses.push_back(info.loss); });
  return losses;
}

// f32 sums in another order. The rate is low: at a high one the runs diverge within a few steps,
// since a number that crosses a ReLU's threshold changes a gradient by more than a rounding.
TEST_CASE("ten steps have the CPU's losses") {
  Config cpu = tiny();
  cpu.base_learning_rate = 0.05;
  const auto images = patches(120, 1);
  const std::vector<double> wanted = ten_losses(cpu, images);
  REQUIRE(wanted.size() == 10);
  for (const bool eager : {true, false}) {
    Config config = on_gpu(eager);
    config.base_learning_rate = cpu.base_learning_rate;
    for (const auto& source : {images, from_files(images)}) {
      const std::vector<double> seen = ten_losses(config, source);
      REQUIRE(seen.size() == 10);
      for (size_t i = 0; i < 10; ++i) CHECK(seen[i] == doctest::Approx(wanted[i]).epsilon(1e-4));
    }
  }
}

TEST_CASE("the kNN monitor votes as on the CPU") {
  const Trainer cpu(tiny(), data()), gpu(on_gpu(true), data());
  CHECK(gpu.measure().knn == cpu.measure().knn);
}

TEST_CASE("the monitor works where the captured step's tensors lie meanwhile") {
  CachingAllocator& common = caching_allocator(Device::cuda);
  const auto taken_by_monitor = [&](bool eager) {
    Trainer trainer(on_gpu(eager), data());
    for (int epoch = 0; epoch < 2; ++epoch) trainer.train_epoch();
    common.reset_peak();
    const size_t before = common.statistics().in_use;
    trainer.measure();
    return common.statistics().peak_in_use - before;
  };
  const size_t own = taken_by_monitor(true);
  CHECK(own > 0);
  CHECK(taken_by_monitor(false) < own / 4);
}

// A query whose neighbours are nearly equally near may get another class.
TEST_CASE("the kNN monitor's rows are of the compute type, and vote like their values in f32") {
  for (const DType type : served_types({DType::bf16, DType::f16})) {
    CAPTURE(type);
    const Config config = on_gpu(true, type);
    const Trainer trainer(config, data());
    const auto features = [&](const Dataset& dataset) {
      return backbone_features(trainer.model(), dataset, config);
    };
    const Features bank = features(*data().train), queries = features(*data().test);
    const FrozenFeatures frozen = frozen_features(trainer.model(), *data().train, config, false);
    CHECK(bank.rows.dtype() == type);
    CHECK(same_bits(
        bank.rows.to(Device::cpu),
        cast(normalize_rows(frozen.rows.backbone.to(Device::cuda)), type).to(Device::cpu)));
    const auto exact = [](const Features& x) { return cast(x.rows, DType::f32).to(Device::cpu); };
    const double wanted = knn_accuracy({exact(bank), bank.labels}, {exact(queries), queries.labels},
                                       data().train->num_classes(), config.knn);
    CHECK(std::abs(trainer.measure().knn - wanted) <= 100.0 / 24 + 1e-9);
  }
}

TEST_CASE("captured and eager steps have the same bits, and so have two runs") {
  for (const DType precision : served_types()) {
    CAPTURE(precision);
    const Config captured = on_gpu(false, precision), op_by_op = on_gpu(true, precision);
    const Run graph = train(captured), again = train(captured), eager = train(op_by_op);
    CHECK(graph.losses == eager.losses);
    CHECK(same_bits(graph.weights, eager.weights));
    CHECK(same_bits(graph.weights, again.weights));
  }
}

// Windows of one step, four steps in an epoch. When the host reads the first loss, the second step
// is queued.
TEST_CASE("images from the host: captured and eager steps have the same bits, with any workers") {
  const TrainTest files = {from_files(patches(48, 1)), patches(24, 2)};
  for (const DType precision : served_types()) {
    CAPTURE(precision);
    const int workers = precision == DType::f32 ? 0 : 3;
    const Run eager = train(on_gpu(true, precision), files);
    Config config = on_gpu(false, precision);
    config.workers = workers;
    const Run graph = train(config, files);
    CHECK(graph.losses == eager.losses);
    CHECK(same_bits(graph.weights, eager.weights));
  }
}

TEST_CASE("a run interrupted with steps queued is saved behind them, and ends with the same bits") {
  const ScratchFolder folder;
  const std::filesystem::path file = folder / "state.safetensors";
  struct Interrupted {};
  for (const bool eager : {true, false}) {
    CAPTURE(eager);
    Config config = on_gpu(eager);
    config.read_back = 1;
    const Run whole = train(config);
    {
      Trainer interrupted(config, data());
      interrupted.train_epoch();
      CHECK_THROWS_AS(interrupted.train_epoch([](const StepInfo& info) {
        if (info.step == 1) throw Interrupted();
      }),
                      Interrupted);
      CHECK(interrupted.steps_done() == 5);
      interrupted.save(file);
      CHECK(interrupted.steps_done() == 6);
    }
    Trainer resumed(config, data());
    resumed.resume(file);
    train_to_end(resumed);
    CHECK(same_bits(resumed.parameters().values.to(Device::cpu), whole.weights));
    for (size_t i = 0; i < whole.losses.size(); ++i)
      CHECK(resumed.history()[i].loss == whole.losses[i]);
  }
}

TEST_CASE("the host reads each window of steps, the last ones at the epoch's end") {
  Config config = on_gpu(false);
  config.read_back = 3;
  Trainer trainer(config, data());
  std::vector<int64_t> steps;
  trainer.train_epoch([&](const StepInfo& info) { steps.push_back(info.step); });
  CHECK(steps == std::vector<int64_t>{3, 4});
}

TEST_CASE("a step that is not finite is named, captured or not") {
  for (const bool eager : {true, false}) {
    Tensor weights;
    for (const int look : {1, 2, 16}) {
      CAPTURE(look);
      Config config = on_gpu(eager);
      config.base_learning_rate = 1e30;
      config.read_back = look;
      Trainer trainer(config, data());
      CHECK_THROWS_WITH_AS(trainer.train_epoch(),
                           doctest::Contains("not finite at step 2 of epoch 1"), NotFinite);
      CHECK(trainer.steps_done() == 1);
      const Tensor left = trainer.parameters().values.to(Device::cpu);
      if (look > 1) CHECK(same_bits(left, weights));
      weights = left;
    }
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

// The two take turns epoch by epoch, so that each would get the other's policy if it were global.
TEST_CASE("two trainers of one process each have their own policy for the GPU's libraries") {
  Config strict = on_gpu(true), loose = strict;
  loose.tf32 = true;
  strict.read_back = loose.read_back = 1;
  const Run alone[] = {train(strict), train(loose)};
  if (cuda_serves(DType::bf16))  // as such GPUs also have TF32
    CHECK_FALSE(same_bits(alone[0].weights, alone[1].weights));

  Trainer first(strict, data()), second(loose, data());
  while (!first.finished()) {
    first.train_epoch([](const StepInfo&) { CHECK(library_policy() == LibraryPolicy{}); });
    second.train_epoch([](const StepInfo&) { CHECK(library_policy() == LibraryPolicy{true}); });
    CHECK(library_policy() == LibraryPolicy{});
  }
  CHECK(same_bits(first.parameters().values.to(Device::cpu), alone[0].weights));
  CHECK(same_bits(second.parameters().values.to(Device::cpu), alone[1].weights));
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
