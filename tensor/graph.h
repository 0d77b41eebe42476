#pragma once
// Work on the GPU that is queued again by one launch: CUDA graphs.

#include <functional>
#include <memory>

#include "tensor/check.h"

namespace siam {

/// The work did what cannot be captured: waited for the device, or asked the driver for memory.
struct CannotCapture : Error {
  using Error::Error;
};

/// Work that was queued once and can be queued again, on the same memory, by one launch.
class CapturedWork {
 public:
  /// Captures what `work` queues on the current stream; nothing of it runs. CannotCapture if an
  /// Error came out of it, or if CUDA makes no graph of it; whatever is thrown, the stream is of
  /// use again.
  explicit CapturedWork(const std::function<void()>& work);
  /// Queues it on the current stream.
  void launch() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace siam
