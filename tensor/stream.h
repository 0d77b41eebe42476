#pragma once
// Queues of work on the GPU. All threads share one until a ScopedStream says otherwise.

#include <memory>

namespace siam {

/// A queue beside the shared one. What runs in order between the two is a matter of fences
/// (fence.h).
class Stream {
 public:
  Stream();
  struct State;

 private:
  friend class ScopedStream;
  std::shared_ptr<const State> state_;
};

/// While it lives, this thread queues its work on a stream that outlives it.
class ScopedStream {
 public:
  explicit ScopedStream(const Stream& stream);
  ~ScopedStream();
  ScopedStream(const ScopedStream&) = delete;

 private:
  [[maybe_unused]] const Stream::State* previous_;  // unused in a build without CUDA
};

}  // namespace siam
