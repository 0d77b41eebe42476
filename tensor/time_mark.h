#pragma once
// Time as a device sees it.

#include <chrono>
#include <memory>

namespace siam {

enum class Device;

/// On the CPU, the present time; on a GPU, the time when the current stream gets there.
class TimeMark {
 public:
  /// Queues the mark after everything on the stream; waits for nothing. Inside a capture it marks
  /// the replays, whose times cannot be read.
  explicit TimeMark(Device device);

 private:
  friend double seconds_between(const TimeMark& begin, const TimeMark& end);
  struct Event;  ///< of a GPU
  static std::shared_ptr<const Event> record();
  static double seconds_between(const Event& begin, const Event& end);

  std::shared_ptr<const Event> event_;
  std::chrono::steady_clock::time_point host_ = std::chrono::steady_clock::now();
};

/// Seconds from one mark to a later one of the same device; on a GPU to half a microsecond, after
/// waiting until the stream gets there.
double seconds_between(const TimeMark& begin, const TimeMark& end);

}  // namespace siam
