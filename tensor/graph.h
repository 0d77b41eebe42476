#pragma once
// GPU work that can be queued again by one launch: CUDA graphs.

#include <functional>
#include <memory>

#include "tensor/check.h"

namespace siam {

/// The work did something that cannot be captured: it waited for the device, or requested memory
/// from the driver.
struct CannotCapture : Error {
  using Error::Error;
};

/// Work that was queued once and can be queued again, on the same memory, by one launch.
class CapturedWork {
 public:
  /// Captures what `work` queues on the current stream; none of it runs. CannotCapture if `work`
  /// throws an Error, or if CUDA cannot make a graph of it; whatever is thrown, the stream is left
  /// usable.
  explicit CapturedWork(const std::function<void()>& work);
  /// Queues it on the current stream.
  void launch() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace siam
