#pragma once
// Time on the GPU as the rest of tensor/ sees it. Declared in every build, like runtime.h.

#include <memory>

namespace siam::cuda {

/// A place in the current stream's queue.
class StreamMark {
 public:
  /// Queues it behind all that the stream holds; waits for nothing. Inside a capture it marks the
  /// replays, whose times cannot be read.
  StreamMark();

 private:
  friend double seconds_between(const StreamMark& begin, const StreamMark& end);
  struct State;
  std::shared_ptr<const State> state_;
};

/// Seconds on the GPU from one mark to a later one, to half a microsecond. Waits until the stream
/// is there.
double seconds_between(const StreamMark& begin, const StreamMark& end);

}  // namespace siam::cuda
