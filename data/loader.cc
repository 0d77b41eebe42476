#include "data/loader.h"

#include <chrono>

#include "tensor/allocator.h"

namespace siam {

Loader::Loader(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
               const BatchConfig& config, Allocator* memory)
    : dataset_(std::move(dataset)), augment_(augment), config_(config), memory_(memory) {
  check(
      config.batch_size <= dataset_->size(),
      "batch of {} from {}; at most its {} samples are needed; use a smaller --batch-size or more "
      "data",
      config.batch_size, dataset_->name(), dataset_->size());
}

Loader::~Loader() { stop(); }

void Loader::start_epoch(int epoch, int64_t first) {
  stop();
  epoch_ = epoch;
  order_ = permutation(dataset_->size(),
                       Random(config_.seed, Purpose::shuffle, static_cast<uint32_t>(epoch)));
  next_to_make_ = next_to_use_ = first;
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
  ready_.clear();
  failed_ = stopping_ = false;
}

// Batches are begun in order, so that those before a failed one are made too.
void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto over = [&] { return stopping_ || failed_ || next_to_make_ >= batches_per_epoch(); };
    changed_.wait(lock, [&] { return over() || next_to_make_ < next_to_use_ + config_.prefetch; });
    if (over()) return;
    const int64_t index = next_to_make_++;
    lock.unlock();
    std::variant<Batch, std::exception_ptr> made;
    try {
      made = make(index);
    } catch (...) {
      made = std::current_exception();
    }
    lock.lock();
    if (made.index() == 1) failed_ = true;
    ready_[index] = std::move(made);
    changed_.notify_all();
  }
}

void Loader::advance() {
  check(next_to_use_ < batches_per_epoch(), "loader: the epoch is over; call start_epoch");
  const auto start = std::chrono::steady_clock::now();
  current_ = {};  // its memory serves the next one
  current_ = config_.workers == 0 ? make(next_to_use_++) : take();
  wait_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Waits for the workers.
Batch Loader::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_.count(next_to_use_) > 0; });
  const auto found = ready_.find(next_to_use_);
  if (const auto* error = std::get_if<std::exception_ptr>(&found->second))
    std::rethrow_exception(*error);
  Batch batch = std::get<Batch>(std::move(found->second));
  ready_.erase(found);
  ++next_to_use_;
  lock.unlock();
  changed_.notify_all();
  return batch;
}

Batch Loader::make(int64_t index) const {
  const int64_t count = config_.batch_size, size = augment_.size;
  const ScopedAllocator scope(memory_ != nullptr ? *memory_ : allocator(Device::cpu));
  Batch batch{Tensor::empty({config_.views * count, size, size, 3}),
              {order_.begin() + index * count, order_.begin() + (index + 1) * count}};
  for (int64_t i = 0; i < count; ++i) {
    const int64_t sample = batch.samples[i];
    const Image image = dataset_->image(sample);  // decoded once for all views
    for (int view = 0; view < config_.views; ++view)
      augment(image, augment_, draw(augment_, image, config_.seed, epoch_, sample, view),
              batch.images.data<float>() + (view * count + i) * size * size * 3);
  }
  return batch;
}

}  // namespace siam
