#pragma once
// Everything that determines a run. The defaults are the paper's ImageNet baseline (Sec. 3, App.
// A); an ablation is a visible difference from it.

#include <cstdint>

#include "data/augment.h"
#include "simsiam/knn.h"
#include "simsiam/loss.h"
#include "simsiam/metrics.h"
#include "simsiam/model.h"
#include "simsiam/objective.h"

namespace siam {

struct Config {
  ModelConfig model;
  LossConfig loss;
  ObjectiveConfig objective;
  AugmentConfig augment;

  int epochs = 100;
  int64_t batch_size = 512;
  /// Samples inside the backbone at once; 0: all. The step is that of the whole batch, whose
  /// statistics are gathered by computing blocks again (nn/in_parts.h).
  int64_t micro_batch = 0;
  double base_learning_rate = 0.05;  ///< for a batch of 256; scaled linearly with the batch
  double momentum = 0.9;
  double weight_decay = 1e-4;  ///< on every parameter
  int warmup_epochs = 0;
  /// The predictor's rate does not decay (68.1 % against 67.7; the paper's ablations from Sec. 4.3
  /// on).
  bool constant_predictor_rate = false;

  uint64_t seed = 0;
  DType precision = DType::f32;  ///< of activations; weights, statistics and losses are f32
  /// The loss is multiplied by this before backward, and the gradients divided by it: those of f16
  /// would vanish otherwise. A power of two changes nothing else. 0: 1024 with f16, 1 without.
  double loss_scale = 0;
  Device device = Device::cpu;
  int read_back = 0;  ///< steps whose losses the host reads at once; 0: 1 on the CPU, 16 on a GPU
  /// On a GPU: every step is queued op by op, for debugging, instead of replaying a captured one.
  /// The same bits.
  bool eager = false;
  /// On a GPU: factors in f32 are rounded to 10 mantissa bits where that is faster (TF32).
  bool tf32 = false;
  /// On a GPU: only library algorithms that repeat bit by bit.
  bool deterministic = true;
  int workers = 1;  ///< threads that load and augment

  int64_t train_samples = 0;  ///< a class-balanced subset of the training images; 0: all
  int64_t test_samples = 0;   ///< of the test images, for the kNN monitor; 0: all
  KnnConfig knn;
  int knn_every = 1;  ///< epochs between two kNN measurements; the last epoch has one always

  double learning_rate() const {
    return base_learning_rate * static_cast<double>(batch_size) / 256;
  }
  double gradient_scale() const {
    return loss_scale != 0 ? loss_scale : (precision == DType::f16 ? 1024 : 1);
  }
};

/// How all views of a batch go through the network while it learns.
inline Mode training_mode(const Config& config) {
  return {.training = true, .groups = 2 * config.loss.pairs, .micro_batch = config.micro_batch};
}

/// True of a loss between -1 and 1, its minimum that of perfect agreement.
inline bool negative_cosine(const Config& config) {
  return config.loss.similarity == Similarity::cosine && config.objective.method != Method::simclr;
}

/// What the configuration allows the CUDA libraries holds for the process from now on.
void follow_library_policy(const Config& config);

/// Error, naming the option, unless the values make sense together.
void check_config(const Config& config);

/// The settings that determine what a run computes, by name, for summaries and for comparing a
/// checkpoint with the run that wants to continue it. The number of loader threads is not among
/// them.
ConfigEntries describe(const Config& config);

}  // namespace siam
