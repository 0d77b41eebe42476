#pragma once
// Linear evaluation (paper, App. A): a linear classifier on frozen features. The features are those
// of the test transform, computed once and cached: the authors augment the training images afresh
// in every epoch (crop and flip), which costs a pass of the backbone each time and gains some
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
  steps    ///< a tenth behind 60 % of the epochs, a hundredth behind 80 % (MoCo's: 60, 80 of 100)
};

struct ProbeConfig {
  ProbeOptimizer optimizer = ProbeOptimizer::sgd;
  ProbeSchedule schedule = ProbeSchedule::steps;
  double base_learning_rate = 30;  ///< for a batch of 256; scaled linearly with the batch
  int64_t batch_size = 256;        ///< cut to the number of rows; the last batch may be smaller
  int epochs = 100;
  double momentum = 0.9;  ///< there is no weight decay
  uint64_t seed = 0;
  Device device = Device::cpu;  ///< that learns; the rows may be elsewhere

  static ProbeConfig sgd() { return {}; }
  /// The authors' code: LARC, base rate 0.1, batch 4096, 90 epochs, cosine. The paper's text says
  /// 0.02, of another framework.
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
  double last;     ///< test accuracy behind the last epoch, in percent
  double best;     ///< the highest behind any epoch: what the authors' code keeps
  int best_epoch;  ///< from 1
  double loss;     ///< mean training loss of the last epoch; NaN or infinite if it diverged
};

/// Learning rate of an epoch from 0 on, for a batch of `batch` rows.
double probe_learning_rate(const ProbeConfig& config, int epoch, int64_t batch);

/// Trains a classifier, weights normal with deviation 0.01 and bias 0 at first, on the rows of
/// `train`, not normalised, and measures it on `test`. `on_epoch` is told of each epoch that is
/// over, from 1 on; what it throws ends the work.
ProbeResult linear_probe(const FeatureBank& train, const FeatureBank& test, int64_t classes,
                         const ProbeConfig& config, const std::function<void(int)>& on_epoch = {});

/// One probe for each base learning rate, which `on_rate` is told first. The ranks, which have all
/// rows, take turns; all know all results.
std::vector<ProbeResult> probe_sweep(const FeatureBank& train, const FeatureBank& test,
                                     int64_t classes, ProbeConfig config,
                                     std::span<const double> base_learning_rates,
                                     const std::function<void(double)>& on_rate = {},
                                     const Communicator& ranks = alone());

}  // namespace siam
