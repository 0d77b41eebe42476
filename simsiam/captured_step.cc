#include "simsiam/captured_step.h"

#include "tensor/memory.h"

namespace siam {

CapturedStep::CapturedStep(const Communicator& ranks)
    : ranks_(ranks), pool_(make_memory_pool()), spare_(*pool_, caching_allocator(Device::cuda)) {}

void CapturedStep::queue(const std::function<void()>& step) {
  const ScopedAllocator scope(*pool_, Device::cuda);
  if (!warm_) {
    const uint64_t before = memory().source_calls;
    step();
    warm_ = ranks_.all_true(memory().source_calls == before);
    // The memory that measuring algorithms took is not needed again.
    if (warm_) caching_allocator(Device::cuda).release_cached();
    return;
  }
  if (!work_) capture(step);
  work_->launch();
}

void CapturedStep::lend_memory(const std::function<void()>& work) {
  const size_t before = memory().in_use;
  {
    const ScopedAllocator scope(spare_, Device::cuda);
    work();
  }
  check(memory().in_use == before,
        "{} bytes of a step's memory were kept by work between steps; all are needed for the next "
        "step; copy what shall outlive the work",
        memory().in_use - before);
}

void CapturedStep::capture(const std::function<void()>& step) {
  std::string problem;
  try {
    work_.emplace(step);
  } catch (const CannotCapture& error) {
    problem = error.what();
  }
  if (ranks_.all_true(work_.has_value())) return;
  work_.reset();
  throw CannotCapture(problem.empty() ? "another process could not capture it" : problem);
}

}  // namespace siam
