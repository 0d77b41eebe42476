#pragma once

#include <chrono>

namespace siam {

/// Seconds of a monotonic clock; only differences are meaningful.
inline double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace siam
