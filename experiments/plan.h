#pragma once
// What runs will cost, known before they begin: measured on a few steps of one.

#include <string>

#include "data/dataset.h"
#include "experiments/report.h"
#include "experiments/watcher.h"
#include "simsiam/config.h"

namespace siam {

struct Plan {
  int runs = 1;        ///< that differ in their seed; all else is of one of them
  int64_t parameters;  ///< of encoder and predictor
  int64_t images;      ///< to train on
  int64_t batch_size;
  int64_t steps_per_epoch;
  int epochs;
  int measured_steps;      ///< after those that choose algorithms
  double step_seconds;     ///< median; or the time to read a batch, if that is longer
  double loading_seconds;  ///< to read a batch, by itself
  double monitor_seconds;  ///< of one measurement
  int monitors;            ///< in a whole run, the untrained network's included
  double probe_seconds;    ///< of a linear probe of the untrained or of the last network; or 0
  uint64_t memory;         ///< peak in bytes: of the process, or of the GPU
  uint64_t checkpoint;     ///< bytes of a file

  double epoch_seconds() const { return static_cast<double>(steps_per_epoch) * step_seconds; }
  /// Wall-clock time of a run's epochs after the first `done`, including their monitors.
  double seconds_after(double done) const;
  double seconds() const { return monitor_seconds + probe_seconds + seconds_after(0); }
  double seconds_of_all() const { return runs * seconds(); }
  /// Of all runs: two checkpoints of each are kept, and there is one more while it is written.
  uint64_t disk() const { return (2 * static_cast<uint64_t>(runs) + 1) * checkpoint; }
};

/// Trains a few steps of such a run, for at most about half a minute after the first, and discards
/// them. Error, as in training, if the run is not possible. `runs`: as many will be trained.
Plan make_plan(const Config& config, const TrainTest& data, int runs = 1);

/// A row per quantity.
Table plan_table(const Plan& plan, Device device);
/// The same in one line, for the log.
std::string plan_text(const Plan& plan, Device device);

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
  double last_ = 0;                   ///< steady_seconds() at the last begin or end of an epoch
  double planned_ = 0, actual_ = 0;   ///< seconds of what was trained here
  int epochs_ = 0;                    ///< trained here
  double training_ = 0;               ///< seconds spent on these, without monitors
  const Trainer* trainer_ = nullptr;  ///< while it trains
  uint64_t captured_ = 0;             ///< bytes of its captured steps
};

}  // namespace siam
