#pragma once
// Runs as TensorBoard shows them: `tensorboard --logdir <out>/tensorboard`.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "experiments/event_file.h"
#include "experiments/watcher.h"
#include "simsiam/trainer.h"

namespace siam {

/// Writes <out>/tensorboard/<run's id>/: all measurements of an epoch as `epoch/<name>`, and every
/// kSteps steps `step/loss`, `step/std*sqrt(d)`, `step/learning_rate` and `step/images_per_second`,
/// means over these steps. The step counts over the whole run. A continued run has a new file after
/// the earlier ones, and no step twice.
class TensorBoard : public Watcher {
 public:
  static constexpr int64_t kSteps = 10;

  /// `warn` is called once if a file can no longer be written.
  TensorBoard(std::filesystem::path out, std::function<void(const std::string&)> warn);
  void begin(const Experiment& experiment, const RunRecord& run, const Trainer& trainer) override;
  void step(const StepInfo& info) override;
  void epoch(const Experiment& experiment, const RunRecord& run) override;
  void end(const Experiment& experiment, const RunRecord& run) override;

 private:
  /// Sums over the steps of an epoch, up to the last that was written.
  struct Written {
    int epoch = 0;
    int64_t steps = 0;
    double loss = 0, std = 0, seconds = 0;
  };

  void add_epoch(const EpochMetrics& epoch);
  void add(int64_t step, const std::vector<Scalar>& scalars);

  std::filesystem::path folder_;
  std::function<void(const std::string&)> warn_;
  std::unique_ptr<EventFile> file_;
  Config config_;
  int64_t steps_per_epoch_ = 0;
  Written written_;
  bool begun_ = false;  ///< written_ is known, which it is not after a resume within an epoch
};

}  // namespace siam
