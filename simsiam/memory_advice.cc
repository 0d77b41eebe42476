#include "simsiam/memory_advice.h"

#include <bit>
#include <fstream>
#include <limits>

#include "tensor/check.h"

namespace siam {

std::optional<uint64_t> proc_bytes(const char* file, std::string_view name) {
  std::ifstream lines(file);
  for (std::string word; lines >> word;) {
    uint64_t kib = 0;
    if (word == name && lines >> kib) return kib * 1024;
    lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

void need_memory(std::string_view what, uint64_t bytes, Device device, std::string_view advice) {
  if (device != Device::cpu) return;
  // Linux overcommits memory, so the kernel's own estimate is used.
  const uint64_t free = proc_bytes("/proc/meminfo", "MemAvailable:").value_or(bytes);
  constexpr double kMiB = 1048576.0;
  check(bytes <= free, "{}: {:.0f} MiB are needed; {:.0f} MiB are free on this machine; {}", what,
        static_cast<double>(bytes) / kMiB, static_cast<double>(free) / kMiB, advice);
}

int64_t batch_that_fits(int64_t batch, size_t held, size_t asked) {
  const double share = static_cast<double>(held) / static_cast<double>(held + asked);
  const double fits = static_cast<double>(batch) * share;
  return fits < 2 ? 2 : static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(fits)));
}

OutOfMemory advised(const OutOfMemory& error, const std::string& what_to_do) {
  return {fmt::format("{}; {}", error.what(), what_to_do), error.asked, error.held};
}

}  // namespace siam
