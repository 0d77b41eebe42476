#pragma once
// Batches of augmented views, made by worker threads ahead of their use.

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <variant>

#include "data/batch_source.h"

namespace siam {

class Loader : public BatchSource {
 public:
  /// Batches are made in `memory`, that of the thread which makes them if not given. Error if the
  /// batch is larger than the data set.
  Loader(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
         const BatchConfig& config, Allocator* memory = nullptr);
  ~Loader() override;
  Loader(const Loader&) = delete;

  void start_epoch(int epoch, int64_t first = 0) override;
  /// Throws what went wrong in a worker, at the batch that it went wrong in: no earlier and no
  /// later than without workers.
  void advance() override;
  /// f32 on the CPU.
  Batch batch() override { return current_; }
  int64_t batches_per_epoch() const override { return dataset_->size() / config_.batch_size; }
  double wait_seconds() const override { return wait_seconds_; }

 private:
  Batch make(int64_t index) const;
  Batch take();
  void work();
  void stop();

  std::shared_ptr<const Dataset> dataset_;
  AugmentConfig augment_;
  BatchConfig config_;
  Allocator* memory_;

  Batch current_;
  int epoch_ = 0;
  std::vector<int64_t> order_;
  double wait_seconds_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  std::map<int64_t, std::variant<Batch, std::exception_ptr>> ready_;
  int64_t next_to_make_ = 0, next_to_use_ = 0;
  bool failed_ = false, stopping_ = false;
};

}  // namespace siam
