// Views made on the GPU against those of the loader's threads.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "data/batch_source.h"
#include "data/memory_dataset.h"
#include "tensor/map.h"

namespace siam {

namespace {

constexpr int kSize = 32;
constexpr int64_t kImages = 300;

std::shared_ptr<const Dataset> noise() {
  std::vector<uint8_t> pixels(kImages * kSize * kSize * 3);
  Random random(9, Purpose::test, 0);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.below(256));
  return std::make_shared<MemoryDataset>("noise", std::vector<std::string>{"one"}, kSize, kSize,
                                         std::move(pixels), std::vector<int32_t>(kImages));
}

AugmentConfig strong() {
  AugmentConfig config;
  config.size = kSize;
  config.blur_probability = 0.5f;
  return config;
}

std::unique_ptr<BatchSource> source(Device device, DType type) {
  return make_batch_source(noise(), strong(), {.batch_size = 64, .seed = 5, .views = 2}, device,
                           type);
}

Tensor on_host(const Tensor& images) { return cast(images.to(Device::cpu), DType::f32); }

}  // namespace

// The program is tested on the CPU to 1e-5 (view_block_test.cc); here the GPU's fused
// multiplications and its exp come in, and the hue of a nearly grey pixel amplifies both. A wrong
// draw moves pixels by tenths.
TEST_CASE("the GPU's views are the loader's, in every type") {
  poison_empty_tensors(true);
  for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
    CAPTURE(type);
    const auto gpu = source(Device::cuda, type), cpu = source(Device::cpu, DType::f32);
    gpu->start_epoch(3, 1);
    cpu->start_epoch(3, 1);
    for (int64_t step = 1; step < gpu->batches_per_epoch(); ++step) {
      const Batch got = gpu->next(), expected = cpu->next();
      CHECK(got.samples == expected.samples);
      const Tensor seen = on_host(got.images), wanted = expected.images;
      double worst = 0;
      for (int64_t i = 0; i < wanted.numel(); ++i) {
        const double error = std::abs(seen.data<float>()[i] - wanted.data<float>()[i]);
        worst = std::fmax(worst, std::isnan(error) ? INFINITY : error);
      }
      // Values reach 2.7; a half ulp there is 2^-7 in bf16, 2^-10 in f16.
      const double rounding = type == DType::bf16 ? 0x1p-7 : type == DType::f16 ? 0x1p-10 : 0;
      CHECK(worst <= 1e-4 + rounding);
    }
  }
  poison_empty_tensors(false);
}

TEST_CASE("the GPU's test images are the CPU's") {
  poison_empty_tensors(true);
  const auto dataset = noise();
  for (const int size : {24, 12})  // resized, and cropped centrally
    for (const DType type : {DType::f32, DType::bf16}) {
      AugmentConfig config;
      config.size = size;
      config.crop_pct = size == 24 ? 1 : 0.875f;
      const TestImages gpu = test_images(*dataset, config, Device::cuda, type);
      const TestImages cpu = test_images(*dataset, config, Device::cpu, DType::f32);
      const Tensor seen = gpu(7, 90);
      CHECK(seen.device() == Device::cuda);
      CHECK(seen.dtype() == type);
      const Tensor have = on_host(seen), wanted = cpu(7, 90);
      REQUIRE(have.shape() == wanted.shape());
      double worst = 0;
      for (int64_t i = 0; i < wanted.numel(); ++i) {
        const double error = std::abs(have.data<float>()[i] - wanted.data<float>()[i]);
        worst = std::fmax(worst, std::isnan(error) ? INFINITY : error);
      }
      CHECK(worst <= 1e-5 + (type == DType::bf16 ? 0x1p-7 : 0));  // sums fused or not; half an ulp
    }
  poison_empty_tensors(false);
}

TEST_CASE("a source with small views does not take the shared memory of one with large views") {
  AugmentConfig small = strong();
  small.size = 8;
  const auto large = source(Device::cuda, DType::f32);
  const auto other = make_batch_source(noise(), small, {.batch_size = 64, .seed = 5, .views = 2},
                                       Device::cuda, DType::f32);
  large->start_epoch(1);
  CHECK(large->next().images.dim(1) == kSize);
}

TEST_CASE("two sources make the same bits, wherever an epoch is begun") {
  const auto one = source(Device::cuda, DType::f32), other = source(Device::cuda, DType::f32);
  one->start_epoch(2);
  one->next();
  const Tensor a = one->next().images.to(Device::cpu);
  other->start_epoch(2, 1);
  const Tensor b = other->next().images.to(Device::cpu);
  CHECK(std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

}  // namespace siam
