#include "data/loader.h"

#include <algorithm>
#include <cstring>

#include "tensor/allocator.h"
#include "tensor/clock.h"

namespace siam {

namespace {

// Samples per job. A sample of 32 pixels takes tens of microseconds, one of a photograph ten
// milliseconds: long enough that the lock costs nothing, short enough that all workers finish
// together.
constexpr int64_t kJobSamples = 4;

}  // namespace

Loader::Loader(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
               const BatchConfig& config, Make make, Allocator* memory)
    : dataset_(std::move(dataset)),
      augment_(augment),
      config_(config),
      make_(make),
      memory_(memory),
      jobs_per_batch_((config.samples() + kJobSamples - 1) / kJobSamples) {
  check_batches(config, *dataset_);
}

Loader::~Loader() { stop(); }

void Loader::start_epoch(int epoch, int64_t first) {
  stop();
  epoch_ = epoch;
  order_ = permutation(dataset_->size(),
                       Random(config_.seed, Purpose::shuffle, static_cast<uint32_t>(epoch)));
  next_job_ = first * jobs_per_batch_;
  next_to_use_ = first;
  for (int i = 0; i < config_.workers; ++i) threads_.emplace_back([this] { work(); });
}

void Loader::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  begun_.clear();
  failed_ = stopping_ = false;
}

bool Loader::over() const {
  return stopping_ || failed_ || next_job_ >= batches_per_epoch() * jobs_per_batch_;
}

bool Loader::over(int64_t batch) const {
  const auto found = begun_.find(batch);
  return found != begun_.end() && found->second.running == 0 &&
         (failed_ || next_job_ >= (batch + 1) * jobs_per_batch_);
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] {
      return over() || next_job_ / jobs_per_batch_ < next_to_use_ + config_.prefetch;
    });
    if (over()) return;
    do_job(lock);
  }
}

// Jobs are begun in order, and none after one that failed: all before it get done. The lock is held
// on entry and exit.
void Loader::do_job(std::unique_lock<std::mutex>& lock) {
  const int64_t job = next_job_++, index = job / jobs_per_batch_;
  const int64_t begin = job % jobs_per_batch_ * kJobSamples;
  Begun& begun = begun_[index];  // stays in place until none of its jobs runs
  ++begun.running;
  std::exception_ptr error;
  try {
    if (begin == 0) begun.batch = empty_batch(index);
    lock.unlock();
    fill(begun.batch, begin, std::min(begin + kJobSamples, config_.samples()));
  } catch (...) {
    error = std::current_exception();
  }
  if (!lock.owns_lock()) lock.lock();
  if (error) {
    begun.errors[job] = error;
    failed_ = true;
  }
  --begun.running;
  if (over(index)) changed_.notify_all();
}

void Loader::advance() {
  check(next_to_use_ < batches_per_epoch(), "loader: the epoch is over; call start_epoch");
  const double start = steady_seconds();
  current_ = {};  // its memory serves the next one
  if (config_.workers > 0) {
    current_ = take();
  } else {
    current_ = make(next_to_use_);
    ++next_to_use_;
  }
  wait_seconds_ += steady_seconds() - start;
}

// Waits for the workers.
Batch Loader::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return over(next_to_use_); });
  const auto found = begun_.find(next_to_use_);
  if (const auto& errors = found->second.errors; !errors.empty())
    std::rethrow_exception(errors.begin()->second);  // the first sample's
  Batch batch = std::move(found->second.batch);
  begun_.erase(found);
  ++next_to_use_;
  lock.unlock();
  changed_.notify_all();
  return batch;
}

Batch Loader::make(int64_t index) const {
  Batch batch = empty_batch(index);
  fill(batch, 0, config_.samples());
  return batch;
}

Batch Loader::empty_batch(int64_t index) const {
  const int64_t count = config_.samples(), size = augment_.size;
  const auto first = order_.begin() + index * config_.batch_size + config_.first();
  const ScopedAllocator scope(memory_ != nullptr ? *memory_ : allocator(Device::cpu));
  const int64_t views = config_.views * count, bytes = sizeof(AugmentParameters);
  return {.images = Tensor::empty({views, size, size, 3}),
          .samples = {first, first + count},
          .draws = make_ == Make::crops ? Tensor::empty({views, bytes}, DType::u8) : Tensor()};
}

// All views of the samples at [begin, end) of the batch. An image is decoded once for them, as far
// as their crops go.
void Loader::fill(const Batch& batch, int64_t begin, int64_t end) const {
  const int64_t pixels = augment_.size * augment_.size * 3;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t sample = batch.samples[i];
    const auto draw_view = [&](int height, int width, int view) {
      return draw(augment_, height, width, config_.seed, epoch_, sample, view);
    };
    const Image image = dataset_->image_around(sample, [&](int height, int width) {
      Box needed;
      for (int view = 0; view < config_.views; ++view)
        needed = around(needed, crop_of(draw_view(height, width, view)));
      return needed;
    });
    for (int view = 0; view < config_.views; ++view) {
      const AugmentParameters drawn = draw_view(image.height, image.width, view);
      const int64_t place = view * config_.samples() + i;
      float* out = batch.images.data<float>() + place * pixels;
      if (make_ == Make::views) {
        augment(image, augment_, drawn, out);
      } else {
        resize_crop(image, drawn, augment_.size, out);
        std::memcpy(batch.draws.data<uint8_t>() + place * batch.draws.dim(1), &drawn,
                    sizeof(drawn));
      }
    }
  }
}

}  // namespace siam
