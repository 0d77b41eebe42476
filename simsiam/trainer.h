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

/// The loss or a gradient is no longer finite; the message says where.
struct NotFinite : Error {
  using Error::Error;
};

/// What is known after a step.
struct StepInfo {
  int epoch;         ///< in progress, from 1
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
  /// Weights are random, or those of `initial` (initial_model()), whose hash is config.init. Error
  /// if the configuration does not fit the data, as with a batch larger than the data set.
  ///
  /// Several `ranks`, which must outlive it, make one run: each has a trainer, processes a part of
  /// every batch, and reaches the same weights; rank 0 has all measurements, so its save() is the
  /// run's. Whatever trains, measures or shares is called by all ranks; on_step must end the
  /// training on all or none. Error unless all have the same configuration and data.
  Trainer(const Config& config, const TrainTest& data, TrainedModel* initial = nullptr,
          const Communicator& ranks = alone());
  ~Trainer();

  /// Trains to the end of the current epoch and then measures if the monitor is due. `on_step` is
  /// called whenever the host has read the losses of another Config::read_back steps. By then a GPU
  /// has as many more queued; if on_step throws, the state is that after the last step queued, for
  /// which save() and the next train_epoch() wait. NotFinite leaves the weights as they were before
  /// the step it names.
  EpochMetrics train_epoch(const std::function<void(const StepInfo&)>& on_step = {});
  /// All that the monitor measures, for the network as it is; the other fields are not measured.
  EpochMetrics measure() const;
  /// From now on `watch` is told what share of the work is done, above 0 to 1, while the monitor
  /// measures. An exception that it throws leaves the state as it was before the measurement.
  void watch_monitor(std::function<void(double)> watch) { watch_ = std::move(watch); }
  const Monitor& monitor() const { return *monitor_; }

  int64_t steps_per_epoch() const { return batches_->batches_per_epoch(); }
  /// Bytes the objective keeps besides the model: cached targets, a memory bank.
  size_t objective_bytes() const { return objective_->bytes(); }
  /// Statistics of the memory reserved for captured steps, apart from the device's other tensors.
  CachingAllocator::Statistics step_memory() const;
  /// Steps whose results the host has read, over all epochs, including those before a resume.
  int64_t steps_done() const { return position_.epoch * steps_per_epoch() + position_.step; }
  bool finished() const { return position_.epoch == config_.epochs; }
  const std::vector<EpochMetrics>& history() const { return history_; }
  const Config& config() const { return config_; }
  const FlatParameters& parameters() const { return parameters_; }
  const SimSiam& model() const { return model_; }
  /// f32 [encoder, predictor] on the device: the rates of the last step queued.
  const Tensor& current_rates() const { return optimizer_.learning_rates(); }

  /// The size of a checkpoint, with what the objective keeps in it.
  uint64_t checkpoint_bytes() const;
  /// Saves the whole state, also in the middle of an epoch. A run resumed from it continues with
  /// the same bits as one that was never interrupted.
  void save(const std::filesystem::path& path);
  /// Error if the checkpoint is damaged, or from a run with another configuration or other data;
  /// nothing is changed then.
  void resume(const std::filesystem::path& path);
  /// Copies rank 0's state to all ranks, after its resume().
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
  std::unique_ptr<CapturedStep> captured_;  ///< if steps are replayed; outlives their tensors
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
  Position position_;  ///< up to where the host has read
  std::vector<EpochMetrics> history_;
  std::unique_ptr<Monitor> monitor_;
  std::function<void(double)> watch_;
};

}  // namespace siam
