#pragma once
// Memory for tensors. The caching allocator keeps the memory it got from the system: after the
// first training step every request is served from the cache, at the same addresses.

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "tensor/check.h"
#include "tensor/device.h"

namespace siam {

/// Out of memory; says how much was requested and how much is free.
struct OutOfMemory : Error {
  OutOfMemory(const std::string& message, size_t asked, size_t held)
      : Error(message), asked(asked), held(held) {}
  size_t asked;  ///< bytes of the request that failed
  size_t held;   ///< the most bytes that this allocator has handed out so far
};

class Allocator {
 public:
  virtual ~Allocator() = default;
  /// At least `bytes` bytes, aligned to 512; throws OutOfMemory.
  virtual void* allocate(size_t bytes) = 0;
  virtual void free(void* pointer) noexcept = 0;
};

/// The system calls under a caching allocator. `allocate` returns nullptr when there is no memory.
struct MemorySource {
  void* (*allocate)(size_t bytes);
  void (*free)(void* pointer);
  /// One line on what is free and what could be done, appended to the out-of-memory message.
  std::string (*advice)(size_t bytes);
};

/// Best fit over blocks that are split on allocation and merged with their neighbours when freed.
/// Not tied to a device: the policy is tested with fake memory sources.
class CachingAllocator : public Allocator {
 public:
  struct Statistics {
    size_t in_use = 0;          ///< bytes handed out now
    size_t peak_in_use = 0;     ///< their maximum so far
    size_t reserved = 0;        ///< bytes held from the source
    uint64_t source_calls = 0;  ///< allocations that reached the source
  };

  explicit CachingAllocator(MemorySource source) : source_(source) {}
  ~CachingAllocator() override;

  void* allocate(size_t bytes) override;
  /// Like allocate(), but from cached free blocks only; nullptr if none is large enough.
  void* allocate_kept(size_t bytes);
  void free(void* pointer) noexcept override;
  /// Whether it has handed this out and not got it back.
  bool owns(void* pointer) const;
  /// Returns every entirely free segment to the source.
  void release_cached();
  Statistics statistics() const;
  void reset_peak();

  static constexpr size_t kAlignment = 512;
  static constexpr size_t kSmallSegment = size_t{2} << 20;  ///< shared by requests up to 1 MiB
  static constexpr size_t kLargeGranule = size_t{2} << 20;  ///< larger segments: multiples of this

 private:
  struct Block {
    size_t bytes;
    char* segment;  ///< start of the segment it was cut from; blocks merge only inside one
    bool used;
  };
  using BySize = std::set<std::pair<size_t, char*>>;

  void* take(BySize::iterator fit, size_t bytes);
  void release_cached_locked();

  MemorySource source_;
  mutable std::mutex mutex_;
  std::map<char*, Block> blocks_;  ///< every block, by address
  BySize free_;                    ///< the free ones, by (size, address)
  Statistics statistics_;
};

/// Serves requests from what `spare` has cached but not handed out, otherwise from `rest`.
class SpareMemory : public Allocator {
 public:
  SpareMemory(CachingAllocator& spare, Allocator& rest) : spare_(spare), rest_(rest) {}

  void* allocate(size_t bytes) override;
  void free(void* pointer) noexcept override;

 private:
  CachingAllocator& spare_;
  Allocator& rest_;
};

/// The allocator that serves tensors of this device in this thread.
Allocator& allocator(Device device);
/// The process-wide caching allocator of the device, for its statistics.
CachingAllocator& caching_allocator(Device device);

/// While it lives, this thread's tensors on the device come from another allocator, to which they
/// return whenever they are freed: tests put guard zones around every buffer, and a captured step
/// has its own memory.
class ScopedAllocator {
 public:
  explicit ScopedAllocator(Allocator& replacement, Device device = Device::cpu);
  ~ScopedAllocator();
  ScopedAllocator(const ScopedAllocator&) = delete;

 private:
  Device device_;
  Allocator* previous_;
};

}  // namespace siam
