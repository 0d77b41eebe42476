#pragma once
// CUDA graphs as the rest of the project sees them: declared in every build, like runtime.h.

#include <functional>
#include <memory>

namespace siam::cuda {

/// Work that was queued once and can be queued again, on the same memory, by one launch.
class CapturedWork {
 public:
  /// Captures what `work` queues on the current stream; nothing of it runs. Error if it does what
  /// cannot be captured: waits for the device, or asks the driver for memory.
  explicit CapturedWork(const std::function<void()>& work);
  /// Queues it on the current stream.
  void launch() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace siam::cuda
