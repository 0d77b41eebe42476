#include "tensor/device.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "tensor/allocator.h"
#include "tensor/memory.h"

namespace siam {

namespace {

thread_local Allocator* overrides[2] = {};  // by device

Allocator*& override_of(Device device) { return overrides[static_cast<int>(device)]; }

// Large segments are aligned to 2 MiB and marked for transparent huge pages: an epoch touches
// gigabytes, and a page fault every 4 KiB costs several percent of a step.
void* allocate_host(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, CachingAllocator::kLargeGranule, bytes) != 0) return nullptr;
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

std::string host_advice(size_t) {
  const double free_mib = static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) *
                          static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
  return fmt::format("{:.0f} MiB free on this machine", free_mib);
}

}  // namespace

CachingAllocator& caching_allocator(Device device) {
  // Never destroyed: tensors with static storage duration may outlive any static allocator.
  static auto* host = new CachingAllocator({allocate_host, std::free, host_advice});
  return device == Device::cpu ? *host : gpu_allocator();
}

Allocator& allocator(Device device) {
  Allocator* other = override_of(device);
  return other != nullptr ? *other : caching_allocator(device);
}

ScopedAllocator::ScopedAllocator(Allocator& replacement, Device device)
    : device_(device), previous_(std::exchange(override_of(device), &replacement)) {}

ScopedAllocator::~ScopedAllocator() { override_of(device_) = previous_; }

}  // namespace siam

fmt::format_context::iterator fmt::formatter<siam::Device>::format(
    siam::Device device, fmt::format_context& context) const {
  return formatter<std::string_view>::format(siam::name_of(device), context);
}
