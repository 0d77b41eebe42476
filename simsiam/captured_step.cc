#include "simsiam/captured_step.h"

#include "tensor/memory.h"

namespace siam {

CapturedStep::CapturedStep() : pool_(make_memory_pool()) {}

void CapturedStep::queue(const std::function<void()>& step) {
  const ScopedAllocator scope(*pool_, Device::cuda);
  if (!warm_) {
    const uint64_t before = memory().source_calls;
    step();
    warm_ = memory().source_calls == before;
    // What measuring took is not needed again.
    if (warm_) caching_allocator(Device::cuda).release_cached();
    return;
  }
  if (!work_) work_.emplace(step);
  work_->launch();
}

}  // namespace siam
