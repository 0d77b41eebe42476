// Page-locked memory, copies that do not wait, and the order of streams.

#include <doctest/doctest.h>

#include "tensor/fence.h"
#include "tensor/map.h"
#include "tensor/memory.h"
#include "tensor/stream.h"

namespace siam {

namespace {

Tensor pinned(const Shape& shape, double value) {
  const ScopedAllocator scope(pinned_allocator());
  return Tensor::full(shape, value);
}

Tensor on_gpu(const Shape& shape, double value) {
  return Tensor::full(shape, value, DType::f32, Device::cuda);
}

void queue_copy(const Tensor& to, const Tensor& from) {
  siam::queue_copy(to.raw(), from.raw(), from.bytes());
}

}  // namespace

TEST_CASE("tensors in page-locked memory come from a cache of their own") {
  CachingAllocator& memory = pinned_allocator();
  const size_t before = memory.statistics().in_use;
  {
    const Tensor tensor = pinned({1000}, 1);
    CHECK(memory.statistics().in_use == before + 4096);
    CHECK(tensor.device() == Device::cpu);
  }
  CHECK(memory.statistics().in_use == before);
  const uint64_t calls = memory.statistics().source_calls;
  pinned({1000}, 1);
  CHECK(memory.statistics().source_calls == calls);
}

TEST_CASE("no page-locked memory: what was asked for, and for what") {
  CHECK_THROWS_WITH_AS(pinned_allocator().allocate(size_t{1} << 50),
                       doctest::Contains("to be page-locked for copies to the GPU"), OutOfMemory);
}

// Each fence follows its own copy: the host sees the value of that time.
TEST_CASE("copies to page-locked memory are there when the host has waited for their fence") {
  const Tensor value = on_gpu({5}, 1), one = on_gpu({5}, 1);
  const Tensor seen[] = {pinned({5}, 0), pinned({5}, 0)};
  Fence fences[2];
  for (int i : {0, 1}) {
    value.copy_from(add(value, one));
    queue_copy(seen[i], value);
    fences[i].mark();
  }
  value.copy_from(add(value, one));
  for (int i : {0, 1}) {
    fences[i].wait();
    CHECK(seen[i].data<float>()[4] == 2 + i);
  }
  CHECK(value.rows(0, 1).item() == 4);
}

TEST_CASE("a stream that is held by a fence runs behind the other's work, and only behind that") {
  const Stream side;
  const Tensor from = pinned({1 << 20}, 3), staged = on_gpu(from.shape(), 0);
  const Tensor one = on_gpu(from.shape(), 1);
  Fence made, uploaded, taken;
  uploaded.hold_stream();  // marks nothing, so it holds nothing up
  made.mark();
  {
    const ScopedStream scope(side);
    made.hold_stream();
    queue_copy(staged, from);
    uploaded.mark();
  }
  uploaded.hold_stream();
  const Tensor sum = add(staged, one);
  taken.mark();
  {
    const ScopedStream scope(side);
    taken.hold_stream();
    staged.fill_zero();
    synchronize(Device::cuda);
  }
  CHECK(sum.rows(1000, 1001).item() == 4);
  CHECK(staged.rows(1000, 1001).item() == 0);
}

}  // namespace siam
