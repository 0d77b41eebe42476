// When work is recorded, and what its memory is protected from; with a fake device.

#include "tensor/repeated_work.h"

#include <doctest/doctest.h>

#include <cstdlib>

namespace siam {

namespace {

size_t given_back = 0;

MemorySource source() {
  return {.allocate = [](size_t bytes) { return std::malloc(bytes); },
          .free =
              [](void* memory) {
                ++given_back;
                std::free(memory);
              },
          .advice = [](size_t) { return std::string(); }};
}

constexpr size_t kLarge = size_t{8} << 20;

}  // namespace

TEST_CASE("memory of a pool goes to nobody else until the pool is gone") {
  CachingAllocator memory(source());
  void *inside = nullptr, *kept = nullptr;
  {
    const MemoryPool pool(memory);
    {
      const ScopedPool scope(pool);
      inside = memory.allocate(kLarge);
      memory.free(inside);
      CHECK(memory.allocate(kLarge) == inside);
      memory.free(inside);
      kept = memory.allocate(kLarge / 2);  // cut from the same segment
    }
    void* outside = memory.allocate(kLarge / 4);
    CHECK((outside < inside || outside >= static_cast<char*>(inside) + kLarge));
    memory.free(outside);
    given_back = 0;
    memory.release_cached();
    CHECK(given_back == 1);  // the common segment
    memory.free(kept);
    memory.release_cached();
    CHECK(given_back == 1);
  }
  CHECK(memory.allocate(kLarge) == inside);
  memory.free(inside);
  memory.release_cached();
  CHECK(given_back == 2);
  CHECK(memory.statistics().reserved == 0);
}

TEST_CASE("a block that outlives its pool is freed into common memory") {
  CachingAllocator memory(source());
  void* block = nullptr;
  {
    const MemoryPool pool(memory);
    const ScopedPool scope(pool);
    block = memory.allocate(kLarge);
  }
  memory.free(block);
  CHECK(memory.allocate(kLarge) == block);
  memory.free(block);
}

TEST_CASE("work is recorded once it has warmed up and takes no new memory, then replayed") {
  CachingAllocator memory(source());
  int runs = 0, captures = 0, replays = 0;
  void* last = nullptr;
  RepeatedWork work(memory, [&](const std::function<void()>& recorded) {
    ++captures;
    recorded();
    return [&] { ++replays; };
  });
  // The memory that is needed grows until run 5.
  const auto body = [&] {
    last = memory.allocate(kLarge * static_cast<size_t>(std::min(++runs, 5)));
    memory.free(last);
  };
  for (int i = 1; i <= 6; ++i) work(body);
  CHECK((runs == 6 && captures == 0));  // run 6 was the first without new memory
  CHECK_FALSE(work.recorded());
  work(body);
  CHECK((runs == 7 && captures == 1 && replays == 1));
  CHECK(work.recorded());
  work(body);
  CHECK((runs == 7 && captures == 1 && replays == 2));
  void* other = memory.allocate(kLarge);
  CHECK(other != last);
  memory.free(other);
}

TEST_CASE("work without a capture runs each time") {
  CachingAllocator memory(source());
  RepeatedWork work(memory);
  int runs = 0;
  for (int i = 0; i < 10; ++i) work([&] { ++runs; });
  CHECK(runs == 10);
  CHECK_FALSE(work.recorded());
}

}  // namespace siam
