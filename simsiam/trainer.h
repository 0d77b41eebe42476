#pragma once
// One training run: model, data, optimiser and the state between them. step() is the paper's
// Algorithm 1.

#include <filesystem>
#include <functional>

#include "data/batch_source.h"
#include "nn/optimizer.h"
#include "simsiam/learning_rates.h"
#include "simsiam/step_log.h"
#include "simsiam/training_state.h"
#include "tensor/allocator.h"

namespace siam {

/// The loss or a gradient stopped being a number; the message says where.
struct NotFinite : Error {
  using Error::Error;
};

/// What is known after a step.
struct StepInfo {
  int epoch;         ///< being trained, from 1
  int64_t step;      ///< steps done in this epoch
  int64_t steps;     ///< in an epoch
  double loss, std;  ///< means over the epoch so far
  double images_per_second;
  double data_wait;  ///< share of the time spent waiting for batches
};

class CapturedStep;

/// A batch that is likely to fit where a step of `batch` samples, holding `held` bytes, asked for
/// `asked` more in vain: the power of two below batch * held / (held + asked), as a step's memory
/// grows with its batch; at least 2. What the step would have asked for next is not known.
int64_t batch_that_fits(int64_t batch, size_t held, size_t asked);

class Trainer {
 public:
  /// Error if the configuration does not fit the data: a batch larger than the data set, say.
  Trainer(const Config& config, const TrainTest& data);
  ~Trainer();

  /// Trains to the end of the current epoch and measures kNN if it is due. `on_step` is called when
  /// the host has read the losses of the next Config::read_back steps. A GPU has as many more
  /// queued by then; what on_step throws leaves the state as after the last step queued, for which
  /// save() and the next train_epoch() wait. NotFinite leaves the weights as before the step it
  /// names.
  EpochMetrics train_epoch(const std::function<void(const StepInfo&)>& on_step = {});
  /// kNN accuracy, in percent, of the backbone as it is (evaluation mode, test transform).
  double knn() const;
  /// From now on `watch` is told which share of the work is done, above 0 to 1, while kNN is
  /// measured. What it throws leaves the state as it was before the measurement.
  void watch_knn(std::function<void(double)> watch) { watch_knn_ = std::move(watch); }

  int64_t steps_per_epoch() const { return batches_->batches_per_epoch(); }
  /// Bytes the objective keeps beyond the model: cached targets, a memory bank.
  size_t objective_bytes() const { return objective_->bytes(); }
  /// Of the memory that captured steps have for themselves, apart from the device's other tensors.
  CachingAllocator::Statistics step_memory() const;
  /// Steps that the host has read, over all epochs, those before a resume included.
  int64_t steps_done() const { return position_.epoch * steps_per_epoch() + position_.step; }
  bool finished() const { return position_.epoch == config_.epochs; }
  const std::vector<EpochMetrics>& history() const { return history_; }
  const Config& config() const { return config_; }
  const FlatParameters& parameters() const { return parameters_; }
  const SimSiam& model() const { return model_; }
  /// f32 [encoder, predictor] on the device: of the last step queued.
  const Tensor& current_rates() const { return optimizer_.learning_rates(); }

  /// The whole state, in the middle of an epoch too. A run that is resumed from it continues with
  /// the same bits as one that was never interrupted.
  void save(const std::filesystem::path& path);
  /// Error if the checkpoint is damaged, or of a run with another configuration or other data;
  /// nothing is changed then.
  void resume(const std::filesystem::path& path);

 private:
  int64_t next_step() const { return position_.step + log_.pending(); }
  void start_epoch();
  void look_ahead();
  void step();
  void queue_step();
  void queue_step_or_advise();
  void read_window();
  void read_back();
  Views views(const Batch& batch, int64_t step) const;
  StepInfo info() const;
  EpochMetrics finish_epoch();
  std::string identity() const;

  Config config_;
  std::unique_ptr<CapturedStep> captured_;  ///< where steps are replayed; outlives their tensors
  TrainTest data_;
  SimSiam model_;
  Registry registry_;
  FlatParameters parameters_;
  Sgd optimizer_;
  std::unique_ptr<BatchSource> batches_;
  std::unique_ptr<BatchSource> ahead_;  ///< the same batches, for look_ahead()
  Schedule schedule_;                   ///< of the optimiser's rates
  std::unique_ptr<Objective> objective_;
  Tensor gradient_seed_;  ///< d loss / d loss, times the loss scale
  StepLog log_;
  Position position_;  ///< as far as the host has read
  std::vector<EpochMetrics> history_;
  std::function<void(double)> watch_knn_;
};

}  // namespace siam
