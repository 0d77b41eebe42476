#include "tensor/repeated_work.h"

namespace siam {

void RepeatedWork::operator()(const std::function<void()>& work) {
  if (replay_) return replay_();
  if (!capture_) return work();
  const ScopedPool scope(pool_);
  if (runs_ >= kWarmUp && steady_) {
    replay_ = capture_(work);
    return replay_();
  }
  const uint64_t before = memory_.statistics().source_calls;
  work();
  ++runs_;
  steady_ = memory_.statistics().source_calls == before;
}

}  // namespace siam
