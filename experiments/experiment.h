#pragma once
// An experiment: a few training runs that differ in one thing, logged as they train.

#include <functional>
#include <map>
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
#include "experiments/snapshots.h"
#include "experiments/team.h"
#include "experiments/tensorboard.h"
#include "simsiam/checkpoint_config.h"

namespace siam {

struct Run {
  std::string name;  ///< as in tables and legends: "without stop-gradient"
  Config config;
  PaperNumbers paper = {};
  /// Epochs after which its embeddings are to be recorded; 0: those of the untrained network.
  std::vector<int> snapshots = {};
  /// If true, numbers that are not finite end the run, as its result; otherwise they end the
  /// experiment.
  bool may_diverge = false;
};

struct Experiment {
  Results results;
  ExperimentInfo info;
  std::vector<RunRecord> runs;  ///< run after run, each with all its seeds
  double chance;                ///< kNN accuracy of guessing, in percent
};

/// Trains the runs of one or more experiments on one data set.
class Runner {
 public:
  /// Opens the data set. Error if there is none, or one of its files is damaged.
  explicit Runner(const Options& options, const Communicator& ranks = alone());
  /// On `data`, which was read from `source`.
  Runner(const Options& options, std::filesystem::path source, TrainTest data,
         const Communicator& ranks = alone());

  /// Runs a program's body, which returns its exit status, on the leading process; the others
  /// follow its orders. All end with that status.
  int lead(const std::function<int()>& body);

  const Options& options() const { return options_; }
  const Communicator& ranks() const { return team_.ranks(); }
  /// Images to train on, after --train-samples.
  int64_t train_samples() const;
  /// Images to test with, after --test-samples.
  int64_t test_samples() const;
  /// Announces an experiment: its folder is created and tried, and its runs count for the time
  /// left, except those known to be complete. Error if something cannot be written, or if there is
  /// a run to train and another process trains in --out.
  void expect(const std::string& name, const std::vector<Run>& runs);
  /// Trains the runs one after another, with every seed, into <out>/<name>/: metrics.csv and
  /// summary.json after every epoch; the checkpoints are in <out>/runs/. A run that was begun
  /// continues from its checkpoint, and one that has ended is not repeated, unless --fresh.
  /// NotFinite, naming the run, if a run diverges that may not, and Interrupted, saying how to
  /// continue, after the step in which Ctrl-C or another signal came; what was logged stays.
  /// `watchers` are notified, and with --tensorboard event files are written.
  Experiment run(const std::string& name, const std::vector<Run>& runs,
                 std::vector<Watcher*> watchers = {});
  /// Whether none of them needs to be trained.
  bool complete(const std::vector<Run>& runs);
  /// The record of the run with this id.
  std::optional<Snapshots> snapshots(const std::string& id) const {
    return load_snapshots(store_.snapshots(id));
  }
  std::filesystem::path checkpoint(const std::string& id) const { return store_.checkpoint(id); }
  const TrainTest& data() const { return data_; }
  /// What training starts from instead of random weights; otherwise null.
  TrainedModel* initial() { return initial_ ? &*initial_ : nullptr; }
  /// A line for the user, from any process.
  void message(const std::string& text);
  [[nodiscard]] Progress::Phase phase(std::string what) { return progress_.phase(std::move(what)); }

 private:
  std::vector<Run> seeded(const Run& run) const;
  /// The record of a run that need not be trained: it is complete with an intact checkpoint, or it
  /// has diverged and may.
  std::optional<RunRecord> ended(const std::string& id, bool may_diverge);
  void prepare(const std::string& id);
  std::string other_unfinished(const RunRecord& run) const;
  void run_one(const Run& run, Experiment& experiment);
  template <class Tell>
  void tell(const Tell& what) const;

  Team team_;
  Options options_;
  Progress progress_;
  std::filesystem::path source_;
  TrainTest data_;
  std::optional<TrainedModel> initial_;  ///< --init
  RunStore store_;
  FolderLock lock_;
  std::optional<TensorBoard> board_;
  std::vector<Watcher*> watchers_;                    ///< of the current training
  std::set<std::string> expected_, trained_, whole_;  ///< ids; checkpoints known to be intact
  std::map<std::string, std::set<int>> snapshots_;    ///< epochs asked for, by id
};

}  // namespace siam
