#include "simsiam/captured_step.h"

#include "tensor/cuda/runtime.h"

namespace siam {

CapturedStep::CapturedStep() {
  if constexpr (kCudaBuild) pool_ = cuda::make_memory_pool();
}

void CapturedStep::queue(const std::function<void()>& step) {
  if constexpr (kCudaBuild) {
    const ScopedAllocator scope(*pool_, Device::cuda);
    if (!warm_) {
      const uint64_t before = memory().source_calls;
      step();
      warm_ = memory().source_calls == before;
      if (warm_)
        cuda::caching_allocator().release_cached();  // what measuring took is not needed again
      return;
    }
    if (!work_) work_.emplace(step);
    work_->launch();
  }
}

}  // namespace siam
