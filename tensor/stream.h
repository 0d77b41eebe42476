#pragma once
// Queues of work on the GPU. All threads share one unless a ScopedStream says otherwise.

#include <memory>

namespace siam {

/// A queue besides the shared one. Fences (fence.h) set the order between the two.
class Stream {
 public:
  Stream();
  struct State;

 private:
  friend class ScopedStream;
  std::shared_ptr<const State> state_;
};

/// While it lives, this thread queues its work on the given stream, which must outlive it.
class ScopedStream {
 public:
  explicit ScopedStream(const Stream& stream);
  ~ScopedStream();
  ScopedStream(const ScopedStream&) = delete;

 private:
  [[maybe_unused]] const Stream::State* previous_;  // unused in a build without CUDA
};

}  // namespace siam
