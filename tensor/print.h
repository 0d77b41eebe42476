#pragma once
// Messages to the user. What cannot be written, because of a closed pipe or a full disk, is
// dropped: it must not end the run.

#include <cstdio>
#include <string_view>

namespace siam {

/// Writes and flushes; never an error.
inline void print(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

}  // namespace siam
