#pragma once
// Order between streams, and between a stream and the host.

#include <memory>

namespace siam {

/// A point in the work of a stream. Waiting for one that was never marked returns at once.
class Fence {
 public:
  /// Places it after everything queued on the current stream. Not allowed inside a capture.
  void mark();
  /// Whatever is queued on the current stream from now on runs after the work before this point.
  void hold_stream() const;
  /// The host waits for that work, and for nothing after it.
  void wait() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace siam
