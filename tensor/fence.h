#pragma once
// Order between streams, and between a stream and the host.

#include <memory>

namespace siam {

/// A point in the work of a stream. Nobody waits for one that was never marked.
class Fence {
 public:
  /// Moves it behind all that is queued on the current stream. Not inside a capture.
  void mark();
  /// What is queued on the current stream from now on runs after the work before this point.
  void hold_stream() const;
  /// The host waits for that work, and for nothing behind it.
  void wait() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace siam
