#pragma once
// Shared by the fuzz targets. A target takes any bytes; an Error is a valid answer; any other
// exception, a crash or a sanitizer's report is a finding.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace siam {

template <class Body>
void answer_or_error(const Body& body) {
  try {
    body();
  } catch (const Error&) {
  }
}

/// A property that must hold.
inline void must(bool ok) {
  if (!ok) std::abort();
}

inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// A file in memory, with a path.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("input", MFD_CLOEXEC)) { must(descriptor_ >= 0); }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;

  void set(std::string_view contents) const {
    must(ftruncate(descriptor_, 0) == 0);
    must(pwrite(descriptor_, contents.data(), contents.size(), 0) ==
         static_cast<ssize_t>(contents.size()));
  }
  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

}  // namespace siam
