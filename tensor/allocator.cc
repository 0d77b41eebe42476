#include "tensor/allocator.h"

#include <algorithm>

namespace siam {

namespace {

size_t round_up(size_t bytes, size_t granule) { return (bytes + granule - 1) / granule * granule; }

size_t whole_blocks(size_t bytes) {
  constexpr size_t kAlignment = CachingAllocator::kAlignment;
  return std::max(round_up(bytes, kAlignment), kAlignment);
}

}  // namespace

CachingAllocator::~CachingAllocator() { release_cached_locked(); }

void* CachingAllocator::allocate(size_t bytes) {
  const size_t need = whole_blocks(bytes);
  std::lock_guard lock(mutex_);
  auto fit = free_.lower_bound({need, nullptr});
  if (fit == free_.end()) {
    const size_t segment =
        need <= kSmallSegment / 2 ? kSmallSegment : round_up(need, kLargeGranule);
    ++statistics_.source_calls;
    void* memory = source_.allocate(segment);
    if (memory == nullptr) {
      release_cached_locked();
      memory = source_.allocate(segment);
    }
    if (memory == nullptr)
      throw OutOfMemory(
          fmt::format("out of memory: {:.1f} MiB asked for; {:.1f} MiB in use by tensors; {}",
                      bytes / 1048576.0, statistics_.in_use / 1048576.0, source_.advice(bytes)),
          bytes, statistics_.peak_in_use);
    auto* start = static_cast<char*>(memory);
    statistics_.reserved += segment;
    blocks_[start] = {segment, start, false};
    fit = free_.insert({segment, start}).first;
  }
  return take(fit, need);
}

void* CachingAllocator::allocate_kept(size_t bytes) {
  const size_t need = whole_blocks(bytes);
  std::lock_guard lock(mutex_);
  const auto fit = free_.lower_bound({need, nullptr});
  return fit == free_.end() ? nullptr : take(fit, need);
}

bool CachingAllocator::owns(void* pointer) const {
  std::lock_guard lock(mutex_);
  const auto here = blocks_.find(static_cast<char*>(pointer));
  return here != blocks_.end() && here->second.used;
}

void* CachingAllocator::take(BySize::iterator fit, size_t bytes) {
  char* start = fit->second;
  free_.erase(fit);
  Block& block = blocks_.at(start);
  if (block.bytes - bytes >= kAlignment) {
    blocks_[start + bytes] = {block.bytes - bytes, block.segment, false};
    free_.insert({block.bytes - bytes, start + bytes});
    block.bytes = bytes;
  }
  block.used = true;
  statistics_.in_use += block.bytes;
  statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.in_use);
  return start;
}

void CachingAllocator::free(void* pointer) noexcept {
  if (pointer == nullptr) return;
  std::lock_guard lock(mutex_);
  auto here = blocks_.find(static_cast<char*>(pointer));
  statistics_.in_use -= here->second.bytes;
  here->second.used = false;
  auto next = std::next(here);
  if (next != blocks_.end() && !next->second.used && next->second.segment == here->second.segment) {
    free_.erase({next->second.bytes, next->first});
    here->second.bytes += next->second.bytes;
    blocks_.erase(next);
  }
  if (here != blocks_.begin()) {
    auto previous = std::prev(here);
    if (!previous->second.used && previous->second.segment == here->second.segment) {
      free_.erase({previous->second.bytes, previous->first});
      previous->second.bytes += here->second.bytes;
      blocks_.erase(here);
      here = previous;
    }
  }
  free_.insert({here->second.bytes, here->first});
}

void CachingAllocator::release_cached() {
  std::lock_guard lock(mutex_);
  release_cached_locked();
}

void CachingAllocator::release_cached_locked() {
  for (auto it = free_.begin(); it != free_.end();) {
    char* start = it->second;
    // A free block as long as its segment: it begins at the segment's start, and no other block
    // follows in the segment.
    auto block = blocks_.find(start);
    auto next = std::next(block);
    const bool whole =
        block->second.segment == start && (next == blocks_.end() || next->second.segment != start);
    if (!whole) {
      ++it;
      continue;
    }
    statistics_.reserved -= block->second.bytes;
    source_.free(start);
    blocks_.erase(block);
    it = free_.erase(it);
  }
}

CachingAllocator::Statistics CachingAllocator::statistics() const {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void CachingAllocator::reset_peak() {
  std::lock_guard lock(mutex_);
  statistics_.peak_in_use = statistics_.in_use;
}

void* SpareMemory::allocate(size_t bytes) {
  void* memory = spare_.allocate_kept(bytes);
  return memory != nullptr ? memory : rest_.allocate(bytes);
}

void SpareMemory::free(void* pointer) noexcept {
  if (spare_.owns(pointer))
    spare_.free(pointer);
  else
    rest_.free(pointer);
}

}  // namespace siam
