#include "tensor/allocator.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tensor/check.h"

namespace siam {

namespace {

// A machine with a fixed amount of memory, counted rather than allocated: addresses are invented.
struct FakeMachine {
  static inline size_t capacity, used, next_address;
  static inline std::map<void*, size_t> live;

  static void reset(size_t bytes) {
    capacity = bytes;
    used = 0;
    next_address = size_t{1} << 32;
    live.clear();
  }
  static void* allocate(size_t bytes) {
    if (used + bytes > capacity) return nullptr;
    used += bytes;
    void* address = reinterpret_cast<void*>(next_address);
    next_address += bytes + (size_t{1} << 21);
    live[address] = bytes;
    return address;
  }
  static void free(void* address) {
    REQUIRE(live.count(address) == 1);
    used -= live[address];
    live.erase(address);
  }
  static std::string advice(size_t) { return "use a smaller batch"; }
  static MemorySource source() { return {allocate, free, advice}; }
};

constexpr size_t kMiB = size_t{1} << 20;

}  // namespace

TEST_CASE("what an allocator keeps without use is lent, and comes back to it") {
  FakeMachine::reset(64 * kMiB);
  CachingAllocator owner(FakeMachine::source()), rest(FakeMachine::source());
  SpareMemory spare(owner, rest);
  void* used = owner.allocate(8 * kMiB);
  owner.free(owner.allocate(16 * kMiB));
  const CachingAllocator::Statistics before = owner.statistics();
  void* lent = spare.allocate(12 * kMiB);
  void* other = spare.allocate(12 * kMiB);
  CHECK(owner.owns(lent));
  CHECK(!owner.owns(other));
  CHECK(rest.owns(other));
  CHECK(owner.statistics().source_calls == before.source_calls);
  spare.free(other);
  spare.free(lent);
  CHECK(owner.statistics().in_use == before.in_use);
  CHECK(rest.statistics().in_use == 0);
  owner.free(used);
}

TEST_CASE("a repeated pattern of requests gets the same addresses and no new memory") {
  FakeMachine::reset(1024 * kMiB);
  CachingAllocator allocator(FakeMachine::source());
  std::vector<void*> first;
  uint64_t calls = 0;
  for (int step = 0; step < 5; ++step) {
    std::vector<void*> got;
    for (size_t bytes : {size_t{100}, 5 * kMiB, 3 * kMiB, size_t{70000}, 17 * kMiB})
      got.push_back(allocator.allocate(bytes));
    for (void* pointer : got) allocator.free(pointer);
    if (step == 0) {
      first = got;
      calls = allocator.statistics().source_calls;
    }
    CHECK(got == first);
    CHECK(allocator.statistics().source_calls == calls);
    CHECK(allocator.statistics().in_use == 0);
  }
}

TEST_CASE("freed neighbours merge, so a larger request fits in their place") {
  FakeMachine::reset(1024 * kMiB);
  CachingAllocator allocator(FakeMachine::source());
  allocator.free(allocator.allocate(12 * kMiB));
  void* a = allocator.allocate(4 * kMiB);
  void* b = allocator.allocate(4 * kMiB);
  void* c = allocator.allocate(4 * kMiB);
  CHECK(allocator.statistics().source_calls == 1);
  for (void* pointer : {a, c, b}) allocator.free(pointer);  // the middle one last: merges both ways
  CHECK(allocator.allocate(12 * kMiB) == a);
  CHECK(allocator.statistics().source_calls == 1);
}

TEST_CASE("blocks handed out never overlap") {
  FakeMachine::reset(4096 * kMiB);
  CachingAllocator allocator(FakeMachine::source());
  std::map<char*, size_t> live;
  uint32_t state = 12345;
  auto random = [&] { return state = state * 1664525u + 1013904223u, state >> 8; };
  for (int i = 0; i < 5000; ++i) {
    if (live.empty() || random() % 2 == 0) {
      const size_t bytes = random() % (random() % 8 == 0 ? 8 * kMiB : 50000);
      auto* start = static_cast<char*>(allocator.allocate(bytes));
      CHECK(reinterpret_cast<size_t>(start) % CachingAllocator::kAlignment == 0);
      auto next = live.lower_bound(start);
      if (next != live.end()) REQUIRE(start + bytes <= next->first);
      if (next != live.begin()) {
        auto previous = std::prev(next);
        REQUIRE(previous->first + previous->second <= start);
      }
      live[start] = bytes;
    } else {
      auto victim = std::next(live.begin(), random() % live.size());
      allocator.free(victim->first);
      live.erase(victim);
    }
  }
  for (auto& [start, bytes] : live) allocator.free(start);
  CHECK(allocator.statistics().in_use == 0);
  allocator.release_cached();
  CHECK(allocator.statistics().reserved == 0);
  CHECK(FakeMachine::live.empty());
}

TEST_CASE(
    "when the source is exhausted the cache is released first, then the error says what to do") {
  FakeMachine::reset(64 * kMiB);
  CachingAllocator allocator(FakeMachine::source());
  allocator.free(allocator.allocate(40 * kMiB));
  void* large = allocator.allocate(60 * kMiB);  // fits only after the cached 40 MiB went back
  CHECK(FakeMachine::used == 60 * kMiB);
  CHECK_THROWS_WITH_AS(
      allocator.allocate(10 * kMiB),
      "out of memory: 10.0 MiB asked for; 60.0 MiB in use by tensors; use a smaller batch", Error);
  allocator.free(large);
  CHECK(allocator.allocate(10 * kMiB) != nullptr);
}

}  // namespace siam
