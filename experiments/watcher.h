#pragma once
// Who looks on while runs train: event files, a page. A watcher never ends a run by itself.

namespace siam {

class Trainer;
struct Experiment;
struct RunRecord;
struct StepInfo;

class Watcher {
 public:
  virtual ~Watcher() = default;
  /// `run`, the experiment's last, begins to train, or continues where `trainer` stands.
  virtual void begin(const Experiment&, const RunRecord& /*run*/, const Trainer&) {}
  /// Behind every step whose loss is known.
  virtual void step(const StepInfo&) {}
  /// Behind every epoch; the run has its row.
  virtual void epoch(const Experiment&, const RunRecord& /*run*/) {}
  /// The run is complete or was ended: its status says so.
  virtual void end(const Experiment&, const RunRecord& /*run*/) {}
};

}  // namespace siam
