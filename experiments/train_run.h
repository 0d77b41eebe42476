#pragma once
// One run, from its current state to its end.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "experiments/progress.h"
#include "experiments/results.h"
#include "experiments/team.h"

namespace siam {

/// Over all epochs, without monitors.
double training_seconds(const std::vector<EpochMetrics>& epochs);

/// Shows the monitor's measurements as a phase, which an interrupt ends.
void show_monitor(Trainer& trainer, Progress& progress, const std::string& name,
                  std::string_view of = "");

/// Where a run's state and measurements go.
struct Keep {
  std::function<void()> save;                 ///< the state
  std::function<void()> log;                  ///< the record: all measured so far
  std::function<void(const StepInfo&)> look;  ///< after a step
};

/// Trains one run to its end and keeps `record` up to date. Interrupted, with the state saved,
/// after the step in which a signal came.
void train_run(const Team& team, Trainer& trainer, Progress& progress, RunRecord& record,
               const Keep& keep);

}  // namespace siam
