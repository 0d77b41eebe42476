// Batches of host threads on the GPU.

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "data/loader.h"
#include "data/memory_dataset.h"
#include "data/upload_source.h"
#include "tensor/clock.h"
#include "tensor/graph.h"
#include "tensor/map.h"
#include "tensor/memory.h"

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

// The tolerance is that of the other kernel that makes views (cuda_views_test.cc): a wrong draw, or
// another batch, moves pixels by tenths.
bool same(const Tensor& views, const Tensor& wanted) {
  const Tensor seen = cast(views.to(Device::cpu), DType::f32);
  const double rounding = views.dtype() == DType::bf16 ? 0x1p-7 : 0;
  double worst = 0;
  for (int64_t i = 0; i < wanted.numel(); ++i) {
    const double error = std::abs(seen.data<float>()[i] - wanted.data<float>()[i]);
    worst = std::fmax(worst, std::isnan(error) ? INFINITY : error);
  }
  return worst <= 1e-4 + rounding;
}

}  // namespace

// The host looks only after all batches of an epoch are queued: each must have been in place in
// time, on the host, in transfer and in the tensor that steps read.
TEST_CASE("uploaded batches are the loader's, though the host is far ahead of the GPU") {
  poison_empty_tensors(true);
  for (const auto& [workers, type] :
       {std::pair{0, DType::f32}, {1, DType::bf16}, {3, DType::f32}}) {
    CAPTURE(workers);
    const auto gpu = make_upload_source(noise(), small(), batches(workers), type);
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
  poison_empty_tensors(false);
}

TEST_CASE("a captured use of the batch is replayed on the next ones") {
  const auto gpu = make_upload_source(noise(), small(), batches(1), DType::f32);
  Loader cpu(noise(), small(), batches(0));
  gpu->start_epoch(0);
  cpu.start_epoch(0);
  gpu->advance();
  const Tensor used = gpu->batch().images.empty_like();
  const CapturedWork use([&] { used.copy_from(gpu->batch().images); });
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
                                      {.batch_size = 2, .seed = 5, .workers = 0}, DType::f32);
  gpu->start_epoch(0);
  const double start = steady_seconds();
  for (int i = 0; i < 4; ++i) gpu->advance();
  const double all = steady_seconds() - start;
  CHECK(gpu->wait_seconds() >= 0.016);
  CHECK(gpu->wait_seconds() <= all);
}

TEST_CASE("batches are made in page-locked memory, and few of them are kept") {
  CachingAllocator& memory = pinned_allocator();
  const size_t before = memory.statistics().in_use;
  memory.reset_peak();
  {
    const auto gpu = make_upload_source(noise(), small(), batches(2), DType::f32);
    gpu->start_epoch(0);
    for (int64_t i = 0; i < gpu->batches_per_epoch(); ++i) gpu->next();
    const Tensor views = gpu->batch().images;
    const size_t draws = static_cast<size_t>(views.dim(0)) * sizeof(AugmentParameters);
    const size_t batch = views.bytes() + draws + 2 * 512;  // the allocator's granularity
    const size_t most = memory.statistics().peak_in_use - before;
    CHECK(most >= 2 * (batch - 1024));
    // The prefetched ones, the loader's current one and the one being uploaded.
    CHECK(most <= (BatchConfig{}.prefetch + 2) * batch);
  }
  CHECK(memory.statistics().in_use == before);
}

}  // namespace siam
