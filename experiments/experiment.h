#pragma once
// An experiment: a few training runs that differ in one thing, logged while they go.

#include <string>
#include <vector>

#include "experiments/options.h"
#include "experiments/results.h"

namespace siam {

struct Run {
  std::string name;  ///< as in tables and legends: "without stop-gradient"
  std::string file;  ///< of its checkpoint, without suffix: "without"
  Config config;
};

struct Experiment {
  Results results;
  ExperimentInfo info;
  std::vector<RunRecord> runs;
  double chance;  ///< kNN accuracy of guessing, in percent
};

/// Trains the runs one after another into <out>/<name>/: metrics.csv and summary.json after every
/// epoch, a checkpoint per run and epoch. With options.resume a run continues from its checkpoint,
/// and a completed one is not repeated. NotFinite, naming the run, if a run diverges, and
/// Interrupted, saying how to continue, behind the step in which Ctrl-C came; what was logged
/// stays.
Experiment run_experiment(const std::string& name, const Options& options,
                          const std::vector<Run>& runs);

}  // namespace siam
