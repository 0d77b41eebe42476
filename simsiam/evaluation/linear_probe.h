#pragma once
// Linear evaluation (paper, App. A): a linear classifier on frozen features. The features are
// computed once under the test transform and cached. The authors augment the training images afresh
// in every epoch (crop and flip), which costs a pass through the backbone each time and gains some
// accuracy; numbers here are comparable with one another, and a little below theirs.

#include <functional>
#include <vector>

#include "simsiam/evaluation/knn.h"

namespace siam {

enum class ProbeOptimizer {
  sgd,  ///< SGD with momentum (the paper's variant; MoCo's recipe)
  lars  ///< the same with gradients scaled by LARC (nn/larc.h), as in the authors' code
};
enum class ProbeSchedule {
  cosine,  ///< per epoch, to about 0
  steps    ///< a tenth after 60 % of the epochs, a hundredth after 80 % (MoCo's: 60, 80 of 100)
};

struct ProbeConfig {
  ProbeOptimizer optimizer = ProbeOptimizer::sgd;
  ProbeSchedule schedule = ProbeSchedule::steps;
  double base_learning_rate = 30;  ///< for a batch of 256; scaled linearly with the batch
  int64_t batch_size = 256;        ///< at most the number of rows; the last batch may be smaller
  int epochs = 100;
  double momentum = 0.9;  ///< without weight decay
  uint64_t seed = 0;
  Device device = Device::cpu;  ///< for training; the rows may be elsewhere

  static ProbeConfig sgd() { return {}; }
  /// The authors' code: LARC, base rate 0.1, batch 4096, 90 epochs, cosine. The paper's text says
  /// 0.02, which is for another framework.
  static ProbeConfig lars() {
    return {.optimizer = ProbeOptimizer::lars,
            .schedule = ProbeSchedule::cosine,
            .base_learning_rate = 0.1,
            .batch_size = 4096,
            .epochs = 90};
  }
};

struct ProbeResult {
  double base_learning_rate;
  double last;     ///< test accuracy after the last epoch, in percent
  double best;     ///< the highest after any epoch, which the authors' code reports
  int best_epoch;  ///< from 1
  double loss;     ///< mean training loss of the last epoch; NaN or infinite if it diverged
};

/// Learning rate of an epoch from 0 on, for a batch of `batch` rows.
double probe_learning_rate(const ProbeConfig& config, int epoch, int64_t batch);

/// Trains a classifier, with weights initially normal with deviation 0.01 and bias 0, on the rows
/// of `train`, which are not normalised, and measures it on `test`. `on_epoch` is told the number
/// of each finished epoch, from 1; an exception that it throws ends the work.
ProbeResult linear_probe(const FeatureBank& train, const FeatureBank& test, int64_t classes,
                         const ProbeConfig& config, const std::function<void(int)>& on_epoch = {});

/// One probe for each base learning rate, which `on_rate` is told first. The ranks, which have all
/// rows, divide the rates among themselves; all get all results.
std::vector<ProbeResult> probe_sweep(const FeatureBank& train, const FeatureBank& test,
                                     int64_t classes, ProbeConfig config,
                                     std::span<const double> base_learning_rates,
                                     const std::function<void(double)>& on_rate = {},
                                     const Communicator& ranks = alone());

}  // namespace siam
