#pragma once
// An experiment: a few training runs that differ in one thing, logged while they go.

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
  /// Epochs behind which its embeddings are to be recorded; 0: of the untrained network.
  std::vector<int> snapshots = {};
  /// Numbers that are not finite end it, and are its result; else they end the experiment.
  bool may_diverge = false;
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
  explicit Runner(const Options& options, const Communicator& ranks = alone());
  /// On `data`, which was read from `source`.
  Runner(const Options& options, std::filesystem::path source, TrainTest data,
         const Communicator& ranks = alone());

  /// Runs a program's body, which gives its exit status, where this process leads; the others do
  /// what it has them do. All end with that status.
  int lead(const std::function<int()>& body);

  const Options& options() const { return options_; }
  const Communicator& ranks() const { return team_.ranks(); }
  /// Images to train on, after --train-samples.
  int64_t train_samples() const;
  /// Announces an experiment to come: its folder is made and tried, its runs count for the time
  /// left but for those known to be complete. Error if something cannot be written, or if there is
  /// a run to train and another process trains in --out.
  void expect(const std::string& name, const std::vector<Run>& runs);
  /// Trains the runs one after another, with every seed, into <out>/<name>/: metrics.csv and
  /// summary.json after every epoch; the checkpoints are in <out>/runs/. A run that was begun
  /// continues from its checkpoint, and one that has ended is not repeated, unless --fresh.
  /// NotFinite, naming the run, if a run diverges that may not, and Interrupted, saying how to
  /// continue, behind the step in which Ctrl-C or another signal came; what was logged stays.
  /// `watchers` look on, and with --tensorboard event files are written.
  Experiment run(const std::string& name, const std::vector<Run>& runs,
                 std::vector<Watcher*> watchers = {});
  /// Whether all of them need not be trained.
  bool complete(const std::vector<Run>& runs);
  /// What was recorded of a run of this id while it trained.
  std::optional<Snapshots> snapshots(const std::string& id) const {
    return load_snapshots(store_.snapshots(id));
  }
  std::filesystem::path checkpoint(const std::string& id) const { return store_.checkpoint(id); }
  const TrainTest& data() const { return data_; }
  /// What training starts from, if it does not from drawn weights; else null.
  TrainedModel* initial() { return initial_ ? &*initial_ : nullptr; }
  /// A line for the user, from whatever process.
  void message(const std::string& text);
  [[nodiscard]] Progress::Phase phase(std::string what) { return progress_.phase(std::move(what)); }

 private:
  std::vector<Run> seeded(const Run& run) const;
  /// The record of a run that need not be trained: it is complete and its checkpoint whole, or it
  /// has diverged and may.
  std::optional<RunRecord> ended(const std::string& id, bool may_diverge);
  void prepare(const std::string& id);
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
  std::vector<Watcher*> watchers_;                    ///< of what is trained now
  std::set<std::string> expected_, trained_, whole_;  ///< ids; checkpoints known to be whole
  std::map<std::string, std::set<int>> snapshots_;    ///< epochs asked for, by id
};

}  // namespace siam
