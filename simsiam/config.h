#pragma once
// Everything that determines a run. The defaults are the paper's ImageNet baseline (Sec. 3, App.
// A); an ablation is a visible difference from it. Each field's range, help and command-line option
// are its row in config_table.h.

#include <cstdint>

#include "data/augment.h"
#include "simsiam/evaluation/knn.h"
#include "simsiam/loss.h"
#include "simsiam/metrics.h"
#include "simsiam/model.h"
#include "simsiam/objective.h"
#include "simsiam/weights_hash.h"
#include "tensor/library_policy.h"

namespace siam {

struct Config {
  ModelConfig model;
  LossConfig loss;
  ObjectiveConfig objective;
  AugmentConfig augment;

  int epochs = 100;
  int64_t batch_size = 512;
  /// Samples inside the backbone at once; 0: all. The step is that of the whole batch, whose
  /// statistics are gathered by recomputing blocks (nn/in_parts.h).
  int64_t micro_batch = 0;
  double base_learning_rate = 0.05;  ///< for a batch of 256; scaled linearly with the batch
  double momentum = 0.9;
  double weight_decay = 1e-4;  ///< on every parameter
  int warmup_epochs = 0;
  /// The predictor's rate does not decay (68.1 % against 67.7; used in the paper's ablations from
  /// Sec. 4.3 on).
  bool constant_predictor_rate = false;

  WeightsHash init;  ///< of the weights that the run starts from, which are passed to the Trainer
  uint64_t seed = 0;
  DType precision = DType::f32;  ///< of activations; weights, statistics and losses are f32
  /// The loss is multiplied by this before backward, and the gradients are divided by it: f16
  /// gradients would vanish otherwise. A power of two changes nothing else. 0: 1024 with f16, 1
  /// without.
  double loss_scale = 0;
  Device device = Device::cpu;
  int read_back = 0;  ///< steps whose losses the host reads at once; 0: 1 on the CPU, 16 on a GPU
  /// On a GPU: every step is queued op by op, for debugging, instead of replaying a captured one.
  /// The results are the same, bit for bit.
  bool eager = false;
  /// On a GPU: factors in f32 are rounded to 10 mantissa bits where that is faster (TF32).
  bool tf32 = false;
  /// On a GPU: only library algorithms that are reproducible bit for bit.
  bool deterministic = true;
  int workers = 1;  ///< threads that load and augment: BatchConfig's

  int64_t train_samples = 0;  ///< a class-balanced subset of the training images; 0: all
  int64_t test_samples = 0;   ///< of the test images, for the kNN monitor; 0: all
  /// Share of the images whose files may turn out to be unreadable; neighbours replace them
  /// (data/tolerant.h). Not part of what identifies a run: a run with more of them stops, and all
  /// others have the same bits whatever the limit.
  double max_bad_fraction = 0.01;
  KnnConfig knn;
  /// The untrained and the trained network are also evaluated by a linear probe of their features
  /// (evaluation/linear_probe.h, the SGD recipe), which needs those of all images in f32.
  bool linear_probe = false;
  int knn_every = 1;  ///< epochs between two kNN measurements; the last epoch always has one

  double learning_rate() const {
    return base_learning_rate * static_cast<double>(batch_size) / 256;
  }
  double gradient_scale() const {
    return loss_scale != 0 ? loss_scale : (precision == DType::f16 ? 1024 : 1);
  }
};

/// The mode in which all views of a batch, or of this rank's part of it, go through the network in
/// training.
inline Mode training_mode(const Config& config, const Communicator& ranks = alone()) {
  return {.training = true,
          .groups = 2 * config.loss.pairs,
          .micro_batch = config.micro_batch,
          .ranks = ranks.size() > 1 ? &ranks : nullptr};
}

/// True if the loss lies in [-1, 1] and -1 means perfect agreement.
inline bool negative_cosine(const Config& config) {
  return config.loss.similarity == Similarity::cosine && config.objective.method != Method::simclr;
}

/// What the configuration allows the GPU libraries to do.
inline LibraryPolicy library_policy_of(const Config& config) {
  return {.tf32 = config.tf32, .deterministic = config.deterministic};
}

/// Error if a batch is larger than the number of training images, or that is below two.
void check_batch(const Config& config, int64_t images);
/// Error, naming the option, unless several ranks can share its batches.
void check_ranks(const Config& config, int ranks);
/// Error, naming the option, unless every value is possible and the values are consistent.
void check_config(const Config& config);

/// The configuration with a loss scale of 0 replaced by what it stands for.
Config settled(Config config);

/// The settings that determine what a run computes, by name, for summaries, reports, checkpoints
/// and the run's identity: those of the table (config_table.h) that leave a trace in the numbers.
ConfigEntries describe(const Config& config);

}  // namespace siam
