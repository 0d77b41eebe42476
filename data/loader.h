#pragma once
// Batches of augmented views, made by worker threads ahead of their use. A job is a few samples of
// a batch, so that all workers have work however few batches may be begun.

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "data/batch_source.h"

namespace siam {

class Loader : public BatchSource {
 public:
  /// Finished views, or only their crops, from which a GPU makes the views (Batch::draws).
  enum class Make { views, crops };

  /// Batches are made in `memory`, by default that of the thread which makes them. Error if the
  /// batch is larger than the data set.
  Loader(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
         const BatchConfig& config, Make make = Make::views, Allocator* memory = nullptr);
  ~Loader() override;
  Loader(const Loader&) = delete;

  void start_epoch(int epoch, int64_t first = 0) override;
  /// Throws a worker's error at the batch in which it occurred: no earlier and no later than
  /// without workers.
  void advance() override;
  /// f32 on the CPU.
  Batch batch() override { return current_; }
  int64_t batches_per_epoch() const override { return dataset_->size() / config_.batch_size; }
  double wait_seconds() const override { return wait_seconds_; }

 private:
  /// A batch that has been begun.
  struct Begun {
    Batch batch;
    int64_t running = 0;                           ///< jobs begun and not finished
    std::map<int64_t, std::exception_ptr> errors;  ///< thrown by its jobs
  };

  Batch empty_batch(int64_t index) const;
  void fill(const Batch& batch, int64_t begin, int64_t end) const;
  Batch make(int64_t index) const;
  Batch take();
  void work();
  void do_job(std::unique_lock<std::mutex>& lock);
  bool over() const;               ///< no further job will begin
  bool over(int64_t batch) const;  ///< and none of this batch is running
  void stop();

  std::shared_ptr<const Dataset> dataset_;
  AugmentConfig augment_;
  BatchConfig config_;
  Make make_;
  Allocator* memory_;

  Batch current_;
  int epoch_ = 0;
  std::vector<int64_t> order_;
  double wait_seconds_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  std::map<int64_t, Begun> begun_;
  int64_t jobs_per_batch_, next_job_ = 0, next_to_use_ = 0;
  bool failed_ = false, stopping_ = false;
};

}  // namespace siam
