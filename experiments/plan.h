#pragma once
// What a run will cost, known before it begins: measured on a few of its steps.

#include <string>

#include "data/dataset.h"
#include "experiments/report.h"
#include "experiments/watcher.h"
#include "simsiam/config.h"

namespace siam {

struct Plan {
  int64_t parameters;  ///< of encoder and predictor
  int64_t images;      ///< to train on
  int64_t steps_per_epoch;
  int epochs;
  int measured_steps;      ///< after those that choose algorithms
  double step_seconds;     ///< median; or the time to read a batch, if that is longer
  double loading_seconds;  ///< to read a batch, by itself
  double monitor_seconds;  ///< of one measurement
  int monitors;            ///< in the whole run, the untrained network's included
  uint64_t memory;         ///< peak in bytes: of the process, or of the GPU
  uint64_t checkpoint;     ///< bytes of a file; two are kept, a third while one is written

  double epoch_seconds() const { return static_cast<double>(steps_per_epoch) * step_seconds; }
  /// Wall-clock time of the epochs after the first `done`, including their monitors.
  double seconds(double done = 0) const;
  uint64_t disk() const { return 3 * checkpoint; }
};

/// Trains a few steps of such a run, for at most about half a minute after the first, and discards
/// them. Error, as in training, if the run is not possible.
Plan make_plan(const Config& config, const TrainTest& data);

/// A row per quantity.
Table plan_table(const Plan& plan, Device device);
/// The same in one line, for the log.
std::string plan_text(const Plan& plan, Device device);

/// The peak memory of this process in bytes or, for a GPU, that of its tensors.
uint64_t peak_memory(Device device, uint64_t captured);

/// Compares a plan with the actual cost.
class Forecast : public Watcher {
 public:
  Forecast(const Plan& plan, Device device) : plan_(plan), device_(device) {}
  void begin(const Experiment& experiment, const RunRecord& run, const Trainer& trainer) override;
  void epoch(const Experiment& experiment, const RunRecord& run) override;
  /// "forecast: an epoch 12 s, was 13 s (+4 %); ..."; empty if nothing was trained.
  std::string against_actual(uint64_t checkpoint_bytes) const;

 private:
  Plan plan_;
  Device device_;
  double begin_ = 0, end_ = 0;        ///< steady_seconds()
  double done_ = 0;                   ///< epochs done before
  int epochs_ = 0;                    ///< trained here
  double training_ = 0;               ///< seconds spent on these, without monitors
  const Trainer* trainer_ = nullptr;  ///< while it trains
  uint64_t captured_ = 0;             ///< bytes of its captured steps
};

}  // namespace siam
