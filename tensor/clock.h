#pragma once

#include <chrono>

namespace siam {

/// Seconds of a clock that no one sets; differences count.
inline double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace siam
