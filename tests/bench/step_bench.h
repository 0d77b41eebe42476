#pragma once
// A SimSiam step on random images, as the trainer makes it, for measurements.

#include <memory>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "nn/optimizer.h"
#include "simsiam/captured_step.h"
#include "tensor/profile.h"
#include "tests/bench/networks.h"

namespace siam {

struct StepOptions {
  std::string network = "cifar18", device = "cpu", precision = "f32", what = "step";
  int64_t batch_size = 128, micro_batch = 0;
  int windows = 5, threads = 0;
  bool eager = false;
  bool profile = false;
  int64_t images = 50000, queries = 10000;  ///< for the kNN monitor: CIFAR-10's

  bool cuda() const { return device == "cuda"; }
  int64_t size() const { return bench_config(network).augment.size; }  ///< pixels a side
  /// The GPU runs ahead of the host, which waits for it once per window.
  int64_t steps_per_window() const { return cuda() ? 20 : 1; }
};

Config config_of(const StepOptions& options);

/// `count` images of random pixels, [size,size,3].
std::shared_ptr<const Dataset> random_images(int64_t count, int64_t size);

/// Optional draws, forward, backward and update, without what the trainer does around them.
class BareStep {
 public:
  /// On views that stay in the device's memory or, with `draws`, on new views in each step.
  BareStep(const StepOptions& options, bool draws);
  ~BareStep();

  /// Queues a step: on a GPU a replay of a captured one, if possible and not disabled.
  void queue();
  struct Times {
    double seconds;  ///< of the whole step
    std::vector<KernelTime> kernels;
  };
  /// The profile of one step, op by op, the fastest of `options.windows`. On a GPU other work is
  /// queued first, so that the host is ahead and no kernel waits for it.
  Times profile();
  CachingAllocator::Statistics memory() const;

 private:
  void step();

  StepOptions options_;
  Config config_;
  std::unique_ptr<CapturedStep> captured_;  ///< outlives the tensors in it
  SimSiam model_;
  Registry registry_;
  FlatParameters parameters_;
  Sgd sgd_;
  Tensor gradient_seed_;  ///< the loss scale
  Tensor views_;
  std::unique_ptr<BatchSource> source_;
};

}  // namespace siam
