// Batches of host threads on the GPU.

#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "data/loader.h"
#include "data/memory_dataset.h"
#include "data/upload_source.h"
#include "tensor/cuda/graph.h"
#include "tensor/cuda/runtime.h"

namespace siam {

namespace {

std::shared_ptr<const Dataset> noise() {
  constexpr int kSize = 16, kImages = 50;
  std::vector<uint8_t> pixels(kImages * kSize * kSize * 3);
  Random random(9, Purpose::test, 1);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.below(256));
  return std::make_shared<MemoryDataset>("noise", std::vector<std::string>{"one"}, kSize, kSize,
                                         std::move(pixels), std::vector<int32_t>(kImages));
}

AugmentConfig small() {
  AugmentConfig config;
  config.size = 10;
  return config;
}

BatchConfig batches(int workers) { return {.batch_size = 6, .seed = 5, .workers = workers}; }

bool same(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(Device::cpu), y = b.to(Device::cpu);
  return x.bytes() == y.bytes() && std::memcmp(x.raw(), y.raw(), x.bytes()) == 0;
}

}  // namespace

// The host looks when all batches of an epoch are queued: each must have been where it was needed
// when its turn came, on the host, on the way and in the tensor that steps read.
TEST_CASE("uploaded batches are the loader's, though the host is far ahead of the GPU") {
  for (const int workers : {0, 1, 3}) {
    CAPTURE(workers);
    const auto gpu = make_upload_source(noise(), small(), batches(workers));
    Loader cpu(noise(), small(), batches(0));
    gpu->start_epoch(0);
    gpu->next();  // an abandoned epoch
    for (const int epoch : {1, 2}) {
      gpu->start_epoch(epoch, 1);
      cpu.start_epoch(epoch, 1);
      std::vector<Tensor> seen, wanted;
      for (int64_t i = 1; i < gpu->batches_per_epoch(); ++i) {
        const Batch batch = gpu->next(), expected = cpu.next();
        CHECK(batch.samples == expected.samples);
        CHECK(batch.images.device() == Device::cuda);
        seen.push_back(batch.images.clone());
        wanted.push_back(expected.images);
      }
      for (size_t i = 0; i < seen.size(); ++i) CHECK(same(seen[i], wanted[i]));
      CHECK_THROWS_AS(gpu->advance(), Error);
    }
  }
}

TEST_CASE("a captured use of the batch is replayed on the next ones") {
  const auto gpu = make_upload_source(noise(), small(), batches(1));
  Loader cpu(noise(), small(), batches(0));
  gpu->start_epoch(0);
  cpu.start_epoch(0);
  gpu->advance();
  const Tensor used = gpu->batch().images.empty_like();
  const cuda::CapturedWork use([&] { used.copy_from(gpu->batch().images); });
  std::vector<Tensor> seen, wanted;
  for (int64_t i = 0; i < gpu->batches_per_epoch(); ++i) {
    if (i > 0) gpu->advance();
    use.launch();
    seen.push_back(used.clone());
    wanted.push_back(cpu.next().images);
  }
  for (size_t i = 0; i < seen.size(); ++i) CHECK(same(seen[i], wanted[i]));
}

// 4 ms a batch.
TEST_CASE("the time that batches take to be made counts as waiting") {
  class Slow : public MemoryDataset {
   public:
    Slow()
        : MemoryDataset("slow", {"one"}, 8, 8, std::vector<uint8_t>(8 * 8 * 3 * 8),
                        std::vector<int32_t>(8)) {}
    Image image(int64_t index) const override {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return MemoryDataset::image(index);
    }
  };
  const auto gpu = make_upload_source(std::make_shared<Slow>(), small(),
                                      {.batch_size = 2, .seed = 5, .workers = 0});
  gpu->start_epoch(0);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) gpu->advance();
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - start;
  CHECK(gpu->wait_seconds() >= 0.016);
  CHECK(gpu->wait_seconds() <= all.count());
}

TEST_CASE("batches are made in page-locked memory, and few of them are kept") {
  CachingAllocator& memory = cuda::pinned_allocator();
  const size_t before = memory.statistics().in_use;
  memory.reset_peak();
  {
    const auto gpu = make_upload_source(noise(), small(), batches(2));
    gpu->start_epoch(0);
    for (int64_t i = 0; i < gpu->batches_per_epoch(); ++i) gpu->next();
    const size_t batch = gpu->batch().images.bytes() + 512;  // of the allocator's granule
    const size_t most = memory.statistics().peak_in_use - before;
    CHECK(most >= 2 * batch - 1024);
    // Those made ahead, the loader's current one and the one whose upload runs.
    CHECK(most <= (BatchConfig{}.prefetch + 2) * batch);
  }
  CHECK(memory.statistics().in_use == before);
}

}  // namespace siam
