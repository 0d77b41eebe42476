#pragma once
// The same work on a device again and again: run as it comes until nothing new happens in it, then
// recorded once and replayed.

#include <functional>

#include "tensor/allocator.h"

namespace siam {

class RepeatedWork {
 public:
  /// Records what the work queues and returns what queues it again (cuda::capture).
  using Capture = std::function<std::function<void()>(const std::function<void()>& work)>;

  /// `memory` is that of the device; without `capture` the work is never recorded.
  explicit RepeatedWork(CachingAllocator& memory, Capture capture = {})
      : memory_(memory), pool_(memory), capture_(std::move(capture)) {}

  /// Runs `work`, which must queue the same kernels on the same addresses each time. It is recorded
  /// after kWarmUp runs, for which libraries make their plans, and one that needed no memory from
  /// the driver. Memory that is taken inside belongs to the work for good: a replay writes to it.
  void operator()(const std::function<void()>& work);
  /// True if the next call replays, and will not call `work`.
  bool recorded() const { return replay_ != nullptr; }

  static constexpr int kWarmUp = 3;

 private:
  CachingAllocator& memory_;
  MemoryPool pool_;  ///< outlives replay_
  Capture capture_;
  std::function<void()> replay_;
  int runs_ = 0;
  bool steady_ = false;  ///< the last run was served from the pool alone
};

}  // namespace siam
