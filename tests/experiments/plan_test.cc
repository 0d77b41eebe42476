// The forecast of a run's cost.

#include "experiments/plan.h"

#include <doctest/doctest.h>

#include "experiments/experiment.h"
#include "simsiam/config_table.h"
#include "tests/simsiam/toy.h"

namespace siam {

TEST_CASE("a plan is of the run's own parameters, steps, monitors and checkpoint") {
  const ScratchFolder folder;
  Config config = tiny();
  config.knn_every = 2;
  config.train_samples = 40;
  const Plan plan = make_plan(config, data());
  CHECK(plan.images == 40);
  CHECK(plan.steps_per_epoch == 3);  // fewer than are measured
  CHECK(plan.measured_steps == 3);
  CHECK(plan.epochs == 3);
  CHECK(plan.monitors == 3);  // untrained, epoch 2, the last
  CHECK(plan.step_seconds > 0);
  CHECK(plan.step_seconds >= plan.loading_seconds);
  CHECK(plan.monitor_seconds > 0);
  CHECK(plan.memory > (1u << 20));

  Trainer trainer(config, data());
  int64_t parameters = 0;
  for (const auto& entry : trainer.parameters().entries()) parameters += entry.shape.numel();
  CHECK(plan.parameters == parameters);
  trainer.save(folder / "state");
  const auto file = static_cast<double>(std::filesystem::file_size(folder / "state"));
  CHECK(static_cast<double>(plan.checkpoint) > 0.8 * file);  // half of a toy is names
  CHECK(static_cast<double>(plan.checkpoint) < 1.2 * file);
}

// The forecast of a checkpoint without that of SimSiam is what the objective keeps.
TEST_CASE("a plan counts what the objective keeps in a checkpoint") {
  const ScratchFolder folder;
  const auto file = [&](const Config& config) {
    Trainer(config, data()).save(folder / "state");
    return static_cast<double>(std::filesystem::file_size(folder / "state"));
  };
  const auto planned = [&](const Config& config) {
    return static_cast<double>(make_plan(config, data()).checkpoint);
  };
  const double least_file = file(tiny()), least_planned = planned(tiny());
  for (const Method method : {Method::byol, Method::expectation, Method::alternating}) {
    Config config = tiny();
    config.objective.method = method;
    config.objective.steps_per_target = 4;
    const double kept = file(config) - least_file;
    CAPTURE(name_of(method));
    REQUIRE(kept > 1000);
    CHECK(planned(config) - least_planned == doctest::Approx(kept).epsilon(0.1));
  }
}

TEST_CASE("a plan counts the linear probes, and a step against targets as any other") {
  Config config = tiny();
  config.linear_probe = true;
  Plan plan = make_plan(config, data());
  CHECK(plan.probe_seconds > 0);
  CHECK(plan.seconds() > 2 * plan.probe_seconds);
  CHECK(Report().table(plan_table(plan, Device::cpu)).text().find("| the linear probe, 2 times") !=
        std::string::npos);
  config.linear_probe = false;
  CHECK(make_plan(config, data()).probe_seconds == 0);
  config.objective.method = Method::alternating;
  config.objective.steps_per_target = 1 << 20;  // an epoch
  plan = make_plan(config, data());
  CHECK(plan.measured_steps == 3);
  CHECK(plan.batch_size == config.batch_size);
}

TEST_CASE("a plan of several seeds is of all their runs") {
  Plan plan = make_plan(tiny(), data(), 3);
  CHECK(plan.runs == 3);
  plan.step_seconds = 2;
  plan.monitor_seconds = 0;
  CHECK(plan.seconds() == 24);
  CHECK(plan.seconds_of_all() == 72);
  CHECK(plan.disk() == 7 * plan.checkpoint);
  const std::string text = plan_text(plan, Device::cpu),
                    table = Report().table(plan_table(plan, Device::cpu)).text();
  CAPTURE(text);
  CAPTURE(table);
  CHECK(text.find(", 1:12 for 3 runs of 3 epochs, by 3 steps; ") != std::string::npos);
  CHECK(table.find("| a run of 3 epochs") != std::string::npos);
  CHECK(table.find("| all 3 runs") != std::string::npos);
  CHECK(table.find("disk: two checkpoints of each run and one being written") != std::string::npos);
}

TEST_CASE("the time of a whole run, and of what is left of it") {
  Plan plan{};
  plan.steps_per_epoch = 10;
  plan.step_seconds = 2;
  plan.epochs = 4;
  plan.monitors = 3;
  plan.monitor_seconds = 7;
  CHECK(plan.epoch_seconds() == 20);
  CHECK(plan.seconds() == 101);
  CHECK(plan.seconds_after(2) == 47);  // without the untrained network's monitor
  CHECK(plan.seconds_after(4) == 0);
  plan.probe_seconds = 14;
  CHECK(plan.seconds() == 129);  // of the untrained and of the last network
  CHECK(plan.seconds_after(4) == 14);
}

TEST_CASE("planning leaves no trace in the run: the same bits with it and without") {
  Trainer without(tiny(), data());
  train_to_end(without);
  make_plan(tiny(), data());
  Trainer with(tiny(), data());
  train_to_end(with);
  CHECK(same_bits(with.parameters().values, without.parameters().values));
}

TEST_CASE("the longest run can be planned") {
  Config config = tiny();
  config.epochs = kMaxEpochs;
  CHECK(make_plan(config, data()).epochs == kMaxEpochs);
}

TEST_CASE("a run that is not possible is refused by its plan as by itself") {
  Config config = tiny();
  config.batch_size = 1000;
  CHECK_THROWS_AS(make_plan(config, data()), Error);
}

TEST_CASE("the forecast beside what came of it") {
  const ScratchFolder folder;
  Plan plan{};
  plan.steps_per_epoch = 10;
  plan.step_seconds = 2;
  plan.epochs = 4;
  plan.memory = 1 << 20;
  plan.checkpoint = 1 << 20;
  Forecast forecast(plan, Device::cpu);
  CHECK(forecast.against_actual(1).empty());  // nothing was trained
  const Experiment experiment{Results(folder.path(), "toy"), {}, {}, 33};
  RunRecord run;
  const Trainer trainer(tiny(), data());
  forecast.begin(experiment, run, trainer);
  for (const double seconds : {21.0, 25.0}) {
    run.epochs.push_back({.seconds = seconds});
    forecast.epoch(experiment, run);
  }
  const std::string text = forecast.against_actual(3 << 19);
  CAPTURE(text);
  CHECK(text.starts_with("forecast: an epoch 20 s, was 23 s (+15 %); in all 1:20, was "));
  CHECK(text.find("disk 3.0 MiB, was 4.5 MiB (+50 %)") != std::string::npos);
  forecast.begin(experiment, run, trainer);  // of another seed
  forecast.epoch(experiment, run);
  CHECK(forecast.against_actual(1).find("; in all 2:40, was ") != std::string::npos);
}

}  // namespace siam
