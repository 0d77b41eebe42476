#include "simsiam/step_log.h"

#include "simsiam/evaluation/collapse.h"
#include "tensor/memory.h"
#include "tensor/reduce.h"

namespace siam {

StepLog::StepLog(int64_t slots, int64_t dim, int64_t samples, Device device)
    : samples_(samples), device_(device), ring_(slots, dim, device) {}

StepLog::~StepLog() {
  try {
    for (const Window& window : windows_) window.copied.wait();  // its memory may be freed then
  } catch (const Error&) {
    // The device failed, which was reported to whoever used it.
  }
}

void StepLog::record(const Tensor& loss, const Tensor& z, const Tensor& gradients,
                     const Communicator& ranks) const {
  const Tensor mean_loss = ranks.size() == 1 ? loss : mean(ranks.all_gather(loss));
  log_step(mean_loss, all_finite_flag(gradients), direction_variance(z, ranks), ring_);
}

void StepLog::advance() {
  ++queued_;
  const int64_t begin = windows_.empty() ? taken_ : windows_.back().end;
  if (queued_ - begin == ring_.rows.dim(0)) end_window();
}

bool StepLog::due() const { return windows_.size() > (device_ == Device::cpu ? 0 : 1); }

void StepLog::end_window() {
  if (device_ == Device::cpu) {
    windows_.push_back({ring_.rows.clone(), {}, queued_});
    return;
  }
  const ScopedAllocator scope(pinned_allocator());
  Window& window = windows_.emplace_back(Tensor::empty(ring_.rows.shape()), Fence(), queued_);
  queue_copy(window.rows.raw(), ring_.rows.raw(), ring_.rows.bytes());
  window.copied.mark();
}

std::vector<StepLog::Entry> StepLog::take() {
  if (windows_.empty()) end_window();
  windows_.front().copied.wait();
  const Window window = std::move(windows_.front());
  windows_.pop_front();
  std::vector<Entry> entries;
  for (; taken_ < window.end; ++taken_) {
    const int64_t slot = taken_ % window.rows.dim(0);
    const Tensor row = window.rows.rows(slot, slot + 1);
    const std::span<const float> values = row.span<float>();
    entries.push_back({values[0], collapse_std(values.subspan(2), samples_), values[1] != 0});
  }
  if (!entries.empty() && !entries.back().finite) forget();
  return entries;
}

void StepLog::forget() {
  ring_.finite.copy_from(Tensor::full({}, 1, DType::i32));  // waits for everything queued
  windows_.clear();
  taken_ = queued_;
}

}  // namespace siam
