#include "simsiam/captured_step.h"

#include <doctest/doctest.h>

#include <vector>

#include "tensor/map.h"
#include "tensor/memory.h"

namespace siam {

namespace {

Tensor on_gpu(const Shape& shape) { return Tensor::empty(shape, DType::f32, Device::cuda); }

}  // namespace

TEST_CASE("a step is captured once one of them needed no new memory") {
  CapturedStep step;
  const Tensor sum = Tensor::zeros({1}, DType::f32, Device::cuda);
  const Tensor one = Tensor::full({1}, 1, DType::f32, Device::cuda);
  int queued = 0;
  const auto count = [&] {
    sum.copy_from(add(sum, one));
    on_gpu({int64_t{1} << (queued++ == 0 ? 20 : 22)});  // the second step needs more
  };
  std::vector<bool> captured;
  for (int i = 0; i < 6; ++i) {
    step.queue(count);
    captured.push_back(step.captured());
  }
  CHECK(captured == std::vector<bool>{false, false, false, true, true, true});
  CHECK(queued == 4);
  CHECK(sum.item() == 6);
  CHECK(step.memory().in_use == 0);
}

TEST_CASE("a step that waits for the device cannot be captured, and leaves nothing behind") {
  CapturedStep step;
  const Tensor sum = Tensor::zeros({1}, DType::f32, Device::cuda);
  const Tensor one = Tensor::full({1}, 1, DType::f32, Device::cuda);
  const auto look = [&] {
    sum.copy_from(add(sum, one));
    sum.item();
  };
  step.queue(look);
  step.queue(look);
  CHECK_THROWS_AS(step.queue(look), CannotCapture);
  CHECK(sum.item() == 2);
  look();
  CHECK(sum.item() == 3);
}

TEST_CASE("errors of the step itself are not taken for the capture's") {
  CapturedStep step;
  CHECK_THROWS_WITH_AS(step.queue([] { throw OutOfMemory("full", 2, 1); }), "full", OutOfMemory);
}

TEST_CASE(
    "between two steps their memory serves other tensors, which must be gone before the next") {
  CapturedStep step;
  const auto queue = [&] { step.queue([] { on_gpu({int64_t{1} << 20}); }); };
  for (int i = 0; i < 3; ++i) queue();
  REQUIRE(step.captured());
  CachingAllocator& common = caching_allocator(Device::cuda);
  const size_t others = common.statistics().in_use;
  step.lend_memory([&] {
    const Tensor fits = on_gpu({int64_t{1} << 19});
    CHECK(common.statistics().in_use == others);
    CHECK(step.memory().in_use == fits.bytes());
    const Tensor no_room = on_gpu({int64_t{1} << 20});
    CHECK(common.statistics().in_use == others + no_room.bytes());
  });
  CHECK(common.statistics().in_use == others);
  Tensor kept;
  CHECK_THROWS_WITH_AS(
      step.lend_memory([&] { kept = on_gpu({128}); }),
      doctest::Contains("512 bytes of a step's memory were kept by work between steps; "), Error);
}

TEST_CASE("a pool gets the memory that other tensors have given back") {
  CachingAllocator& common = caching_allocator(Device::cuda);
  common.release_cached();
  size_t free = 0;
  for (size_t probe = size_t{1} << 40; probe >= size_t{1} << 20 && free == 0; probe /= 2) {
    try {
      common.free(common.allocate(probe));
      free = probe;  // more than half of what there is
    } catch (const OutOfMemory&) {
    }
  }
  REQUIRE(free > 0);
  const auto pool = make_memory_pool();
  void* memory = pool->allocate(free);
  CHECK(memory != nullptr);
  pool->free(memory);
}

}  // namespace siam
