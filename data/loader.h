#pragma once
// Batches of augmented views, made by worker threads ahead of their use.

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "data/augment.h"
#include "tensor/tensor.h"

namespace siam {

struct Batch {
  Tensor images;  ///< f32 [views * B,S,S,3]: the first view of all samples, then the second
  Tensor labels;  ///< i32 [B]
  std::vector<int64_t> samples;  ///< indices into the data set
};

struct LoaderConfig {
  int64_t batch_size = 512;
  uint64_t seed = 0;
  int workers = 1;  ///< threads; 0: batches are made in next()
  int views = 2;
  int prefetch = 4;  ///< batches made ahead, at most
};

class Loader {
 public:
  /// Error if the batch is larger than the data set.
  Loader(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
         const LoaderConfig& config);
  ~Loader();
  Loader(const Loader&) = delete;

  /// Begins an epoch at batch `first`. The order of samples is a permutation drawn for (seed,
  /// epoch), cut into whole batches: a rest is left out. What comes does not depend on the number
  /// of workers, nor on where an earlier epoch was left.
  void start_epoch(int epoch, int64_t first = 0);
  /// The next batch of the epoch. Rethrows what went wrong in a worker.
  Batch next();

  int64_t batches_per_epoch() const { return dataset_->size() / config_.batch_size; }
  /// Time that next() has spent waiting, in seconds, since construction.
  double wait_seconds() const { return wait_seconds_; }

 private:
  Batch make(int64_t index) const;
  void work();
  void stop();

  std::shared_ptr<const Dataset> dataset_;
  AugmentConfig augment_;
  LoaderConfig config_;

  int epoch_ = 0;
  std::vector<int64_t> order_;
  double wait_seconds_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  std::map<int64_t, Batch> ready_;
  std::exception_ptr error_;
  int64_t next_to_make_ = 0, next_to_use_ = 0;
  bool stopping_ = false;
};

/// Samples [begin, end) under the evaluation transform: f32 [n,S,S,3].
Tensor load_images(const Dataset& dataset, const AugmentConfig& config, int64_t begin, int64_t end);

}  // namespace siam
