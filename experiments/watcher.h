#pragma once
// Observers of training runs: event files, a page. A watcher never ends a run by itself.

namespace siam {

class Trainer;
struct Experiment;
struct RunRecord;
struct StepInfo;

class Watcher {
 public:
  virtual ~Watcher() = default;
  /// `run`, the experiment's latest, begins to train, or continues from the state of `trainer`.
  virtual void begin(const Experiment&, const RunRecord& /*run*/, const Trainer&) {}
  /// After every step whose loss is known.
  virtual void step(const StepInfo&) {}
  /// After every epoch, when the run has its row.
  virtual void epoch(const Experiment&, const RunRecord& /*run*/) {}
  /// The run is complete or was ended: its status says so.
  virtual void end(const Experiment&, const RunRecord& /*run*/) {}
};

}  // namespace siam
