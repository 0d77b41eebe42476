#pragma once
// One training run: model, data, optimiser and the state between them. step() is the paper's
// Algorithm 1.

#include <filesystem>
#include <functional>

#include "data/batch_source.h"
#include "nn/optimizer.h"
#include "simsiam/learning_rates.h"
#include "simsiam/monitor.h"
#include "simsiam/step_log.h"
#include "simsiam/training_state.h"
#include "tensor/allocator.h"
#include "tensor/communicator.h"

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
struct TrainedModel;

class Trainer {
 public:
  /// Weights are drawn, or those of `initial` (take_weights()), whose hash is config.init. Error if
  /// the configuration does not fit the data: a batch larger than the data set, say.
  ///
  /// Several `ranks`, which must outlive it, make one run: each has a trainer, does a part of every
  /// batch, and comes to the same state, of which any one's save() is the run's. What trains,
  /// measures or shares is called by all; on_step must end the training on all or none. Error
  /// unless all have the same configuration and data.
  Trainer(const Config& config, const TrainTest& data, TrainedModel* initial = nullptr,
          const Communicator& ranks = alone());
  ~Trainer();

  /// Trains to the end of the current epoch and has the monitor measure if it is due. `on_step` is
  /// called when the host has read the losses of the next Config::read_back steps. A GPU has as
  /// many more queued by then; what on_step throws leaves the state as after the last step queued,
  /// for which save() and the next train_epoch() wait. NotFinite leaves the weights as before the
  /// step it names.
  EpochMetrics train_epoch(const std::function<void(const StepInfo&)>& on_step = {});
  /// All that the monitor can say of the network as it is; the other fields are not measured.
  EpochMetrics measure() const;
  /// From now on `watch` is told which share of the work is done, above 0 to 1, while the monitor
  /// measures. What it throws leaves the state as it was before the measurement.
  void watch_monitor(std::function<void(double)> watch) { watch_ = std::move(watch); }
  const Monitor& monitor() const { return *monitor_; }

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
  /// All ranks take over rank 0's state, which has resumed.
  void share();

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
  void measure_into(EpochMetrics& metrics, bool probe) const;
  std::string identity() const;
  void check_alike() const;
  void continue_at(RunProgress progress);

  Config config_;
  const Communicator& ranks_;
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
  Tensor gradient_seed_;  ///< d loss / d this rank's loss, times the loss scale
  StepLog log_;
  Position position_;  ///< as far as the host has read
  std::vector<EpochMetrics> history_;
  std::unique_ptr<Monitor> monitor_;
  std::function<void(double)> watch_;
};

}  // namespace siam
