#include "experiments/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "experiments/interrupt.h"
#include "experiments/progress_line.h"
#include "simsiam/config_table.h"
#include "simsiam/features.h"
#include "simsiam/memory_advice.h"
#include "simsiam/trainer.h"
#include "tensor/clock.h"
#include "tensor/counted.h"
#include "tensor/io/atomic_file.h"

namespace siam {

namespace {

constexpr size_t kFirstSteps = 2, kMeasuredSteps = 3;  // the first ones choose algorithms
constexpr int64_t kFewImages = 2048;
constexpr double kPatience = 30;  // seconds for the steps after the first

struct Enough {};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
  return values[values.size() / 2];
}

// The seconds of each step, the first included.
std::vector<double> step_times(Trainer& trainer) {
  std::vector<double> times;
  const double begin = steady_seconds();
  double last = begin;
  const auto on_step = [&](const StepInfo&) {
    if (interrupted()) throw Interrupted("interrupted before the run began");
    const double now = steady_seconds();
    times.push_back(now - last);
    last = now;
    const bool late = now - begin - times[0] > kPatience || times[0] > kPatience;
    if (times.size() == kFirstSteps + kMeasuredSteps || late) throw Enough();
  };
  try {
    while (true) trainer.train_epoch(on_step);
  } catch (const Enough&) {
  }
  return times;
}

// Seconds to make a batch, by itself: in the long run a step cannot be faster, however many batches
// are ready at first.
double loading_seconds(const Config& config, const TrainTest& data) {
  const auto source = make_batch_source(data.train, config.augment,
                                        {.batch_size = config.batch_size,
                                         .seed = config.seed,
                                         .workers = config.workers,
                                         .views = 2 * config.loss.pairs},
                                        config.device, config.precision);
  source->start_epoch(0);
  const int64_t batches = std::min<int64_t>(kMeasuredSteps, source->batches_per_epoch());
  const double begin = steady_seconds();
  for (int64_t i = 0; i < batches; ++i) source->next();
  synchronize(config.device);
  return (steady_seconds() - begin) / static_cast<double>(batches);
}

// Seconds of one measurement: measured if it is small, otherwise estimated from some of its images.
// Brings memory to its peak.
double monitor_seconds(const Trainer& trainer, const TrainTest& data, const Config& config) {
  const int64_t all = trainer.monitor().images();
  const double begin = steady_seconds();
  if (all <= kFewImages) {
    trainer.measure();
    return steady_seconds() - begin;
  }
  const int64_t some = std::min(images_at_once(config), data.train->size());
  backbone_features(trainer.model(), *subset(data.train, some), config);
  synchronize(config.device);
  return (steady_seconds() - begin) / static_cast<double>(some) * static_cast<double>(all);
}

// In bytes: of this process or, for a GPU, of its tensors.
uint64_t peak_memory(Device device, uint64_t captured) {
  const uint64_t tensors = caching_allocator(device).statistics().reserved;
  if (device == Device::cuda) return tensors + captured;
  return proc_bytes("/proc/self/status", "VmHWM:").value_or(tensors);
}

std::string per_second(const Plan& plan) {
  return fmt::format("{:.3g}", static_cast<double>(plan.batch_size) / plan.step_seconds);
}

const char* memory_of(Device device) {
  return device == Device::cuda ? "peak memory of the GPU" : "peak memory";
}

// "0.52 s" where a duration would be "1 s".
std::string short_time(double seconds) {
  return seconds < 10 ? fmt::format("{:.2g} s", seconds) : format_duration(seconds);
}

std::string against(double planned, double actual, const std::string& was) {
  return fmt::format("was {} ({:+.0f} %)", was, 100 * (actual / planned - 1));
}

}  // namespace

double Plan::seconds_after(double done) const {
  const double share = 1 - done / epochs;
  return share * (epochs * epoch_seconds() + (monitors - 1) * monitor_seconds) + probe_seconds;
}

Plan make_plan(const Config& config, const TrainTest& whole, int runs) {
  const TrainTest data = subsets(whole, config.train_samples, config.test_samples);
  check_batch(config, data.train->size());
  Config measured = config;
  measured.read_back = 1;
  measured.linear_probe = false;
  // The targets of a window of steps are computed before its first one; the work of a step is the
  // same on average, however long the window is.
  measured.objective.steps_per_target = 1;
  measured.epochs = measured.knn_every =
      std::min<int>(kMaxEpochs, config.epochs + kFirstSteps + kMeasuredSteps + 1);
  Plan plan{};
  plan.runs = runs;
  {
    Trainer trainer(measured, data);
    const std::vector<double> times = step_times(trainer);
    const size_t first = std::min(kFirstSteps, times.size() - 1);
    const auto after = times.begin() + static_cast<std::ptrdiff_t>(first);
    plan.measured_steps = static_cast<int>(times.end() - after);
    plan.step_seconds = median({after, times.end()});
    for (const auto& entry : trainer.parameters().entries()) plan.parameters += entry.shape.numel();
    plan.monitor_seconds = monitor_seconds(trainer, data, config);
    plan.checkpoint = trainer.checkpoint_bytes();
    plan.steps_per_epoch = trainer.steps_per_epoch();
    plan.memory = peak_memory(config.device, trainer.step_memory().reserved);
  }
  if (config.objective.steps_per_target > 1) {
    const Trainer with_window(config, data);
    plan.checkpoint = with_window.checkpoint_bytes();
    plan.memory += with_window.objective_bytes();
  }
  if (config.linear_probe && several_classes(*data.train))
    plan.probe_seconds = kProbeCost * plan.monitor_seconds;
  plan.images = data.train->size();
  plan.batch_size = config.batch_size;
  plan.epochs = config.epochs;
  plan.monitors = 1 + (config.epochs + config.knn_every - 1) / config.knn_every;
  plan.loading_seconds = loading_seconds(config, data);
  plan.step_seconds = std::max(plan.step_seconds, plan.loading_seconds);
  return plan;
}

Table plan_table(const Plan& plan, Device device) {
  Table table{
      {{"what it costs", Align::left}, {""}},
      {{"images to train on", fmt::format("{}", plan.images)},
       {"parameters", fmt::format("{:.1f} million", static_cast<double>(plan.parameters) / 1e6)},
       {memory_of(device), format_bytes(plan.memory)},
       {fmt::format("a step, from {} of them", plan.measured_steps),
        fmt::format("{:.3g} s", plan.step_seconds)},
       {"to read a batch, meanwhile", fmt::format("{:.3g} s", plan.loading_seconds)},
       {"images/s", per_second(plan)},
       {fmt::format("an epoch of {}", counted(plan.steps_per_epoch, "step")),
        short_time(plan.epoch_seconds())},
       {fmt::format("the monitor, {} times", plan.monitors), short_time(plan.monitor_seconds)},
       {fmt::format("a run of {}", counted(plan.epochs, "epoch")),
        format_duration(plan.seconds())}}};
  if (plan.probe_seconds > 0)
    table.rows.insert(table.rows.end() - 1,
                      {"the linear probe, 2 times", short_time(plan.probe_seconds)});
  if (plan.runs > 1)
    table.rows.push_back(
        {fmt::format("all {} runs", plan.runs), format_duration(plan.seconds_of_all())});
  table.rows.push_back({plan.runs == 1 ? "disk: two checkpoints and one being written"
                                       : "disk: two checkpoints of each run and one being written",
                        format_bytes(plan.disk())});
  return table;
}

std::string plan_text(const Plan& plan, Device device) {
  const std::string epochs = counted(plan.epochs, "epoch");
  return fmt::format(
      "plan: {}, {:.1f} million parameters; {} an epoch, {} for {}, by {}; {} {}, disk {}",
      counted(plan.images, "image"), static_cast<double>(plan.parameters) / 1e6,
      short_time(plan.epoch_seconds()), format_duration(plan.seconds_of_all()),
      plan.runs == 1 ? epochs : fmt::format("{} runs of {}", plan.runs, epochs),
      counted(plan.measured_steps, "step"), memory_of(device), format_bytes(plan.memory),
      format_bytes(plan.disk()));
}

void Forecast::begin(const Experiment&, const RunRecord&, const Trainer& trainer) {
  last_ = steady_seconds();
  planned_ += plan_.seconds_after(static_cast<double>(trainer.steps_done()) /
                                  static_cast<double>(trainer.steps_per_epoch()));
  trainer_ = &trainer;
}

void Forecast::epoch(const Experiment&, const RunRecord& run) {
  const double now = steady_seconds();
  actual_ += now - std::exchange(last_, now);
  ++epochs_;
  training_ += run.epochs.back().seconds;
  captured_ = trainer_->step_memory().reserved;
}

std::string Forecast::against_actual(uint64_t checkpoint_bytes) const {
  if (epochs_ == 0) return {};
  const double epoch = training_ / epochs_;
  const uint64_t memory = peak_memory(device_, captured_);
  Plan found = plan_;
  found.checkpoint = checkpoint_bytes;
  const auto row = [](const std::string& what, double planned, double actual, const auto& text) {
    return fmt::format("{} {}, {}", what, text(planned), against(planned, actual, text(actual)));
  };
  const auto bytes = [](double value) { return format_bytes(static_cast<uint64_t>(value)); };
  return fmt::format(
      "forecast: {}; {}; {}; {}", row("an epoch", plan_.epoch_seconds(), epoch, short_time),
      row("in all", planned_, actual_, short_time),
      row(memory_of(device_), static_cast<double>(plan_.memory), static_cast<double>(memory),
          bytes),
      row("disk", static_cast<double>(plan_.disk()), static_cast<double>(found.disk()), bytes));
}

}  // namespace siam
