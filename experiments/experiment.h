#pragma once
// An experiment: a few training runs that differ in one thing, logged while they go.

#include <set>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "experiments/folder.h"
#include "experiments/options.h"
#include "experiments/progress.h"
#include "experiments/report.h"
#include "experiments/results.h"
#include "experiments/run_store.h"

namespace siam {

struct Run {
  std::string name;  ///< as in tables and legends: "without stop-gradient"
  Config config;
  PaperNumbers paper = {};
};

struct Experiment {
  Results results;
  ExperimentInfo info;
  std::vector<RunRecord> runs;  ///< run after run, each with all its seeds
  double chance;                ///< kNN accuracy of guessing, in percent
};

/// Trains the runs of one experiment or many on one data set.
class Runner {
 public:
  /// Opens the data set. Error if there is none, or a file of it is damaged.
  explicit Runner(const Options& options);

  const Options& options() const { return options_; }
  /// Images to train on, after --train-samples.
  int64_t train_samples() const;
  /// Announces an experiment to come: its folder is made and tried, its runs count for the time
  /// left but for those known to be complete. Error if something cannot be written, or if there is
  /// a run to train and another process trains in --out.
  void expect(const std::string& name, const std::vector<Run>& runs);
  /// Trains the runs one after another, with every seed, into <out>/<name>/: metrics.csv and
  /// summary.json after every epoch; the checkpoints are in <out>/runs/. A run that was begun
  /// continues from its checkpoint, and a completed one is not repeated, unless --fresh. NotFinite,
  /// naming the run, if a run diverges, and Interrupted, saying how to continue, behind the step in
  /// which Ctrl-C or another signal came; what was logged stays.
  Experiment run(const std::string& name, const std::vector<Run>& runs);
  void message(const std::string& text) { progress_.message(text); }
  [[nodiscard]] Progress::Phase phase(std::string what) { return progress_.phase(std::move(what)); }

 private:
  std::vector<Run> seeded(const Run& run) const;
  /// The record of a run that need not be trained: it is complete and its checkpoint whole.
  std::optional<RunRecord> completed(const std::string& id);
  void prepare(const std::string& id);
  void run_one(const Run& run, Experiment& experiment);

  Options options_;
  Progress progress_;
  std::filesystem::path source_;
  TrainTest data_;
  RunStore store_;
  FolderLock lock_;
  std::set<std::string> expected_, trained_, whole_;  ///< ids; checkpoints known to be whole
};

}  // namespace siam
