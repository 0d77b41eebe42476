#pragma once
// Puts a zone of known bytes before and after every buffer, so that a kernel that writes outside
// its output is noticed: use it with ScopedAllocator, then check intact().

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

#include "tensor/allocator.h"
#include "tensor/check.h"

namespace siam {

class GuardedAllocator : public Allocator {
 public:
  void* allocate(size_t bytes) override {
    const size_t total = (bytes + 3 * kZone - 1) / kZone * kZone;
    auto* base = static_cast<unsigned char*>(std::aligned_alloc(kZone, total));
    check(base != nullptr, "guarded allocator: out of memory");
    std::memset(base, kByte, total);
    live_[base + kZone] = {bytes, total};
    return base + kZone;
  }
  void free(void* pointer) noexcept override {
    const auto block = live_.find(static_cast<unsigned char*>(pointer));
    intact_ = intact_ && zones_intact(*block);
    std::free(block->first - kZone);
    live_.erase(block);
  }
  /// True if nothing was written outside any buffer, freed or live.
  bool intact() const { return intact_ && std::all_of(live_.begin(), live_.end(), zones_intact); }

 private:
  struct Extent {
    size_t bytes, total;
  };
  static constexpr size_t kZone = 512;  ///< also the alignment Allocator promises
  static constexpr unsigned char kByte = 0xa5;

  static bool zones_intact(const std::pair<unsigned char* const, Extent>& block) {
    const auto& [start, extent] = block;
    auto whole = [](unsigned char byte) { return byte == kByte; };
    return std::all_of(start - kZone, start, whole) &&
           std::all_of(start + extent.bytes, start - kZone + extent.total, whole);
  }

  std::map<unsigned char*, Extent> live_;
  bool intact_ = true;
};

}  // namespace siam
