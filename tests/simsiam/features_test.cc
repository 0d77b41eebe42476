// The number of images encoded at a time: how much memory they take, and that nothing else depends
// on it.

#include "simsiam/features.h"

#include <doctest/doctest.h>

#include "tensor/allocator.h"
#include "tensor/map.h"
#include "tensor/rows.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

SimSiam network(const Config& config) {
  Initializer init(config.seed);
  return {init, config.model};
}

Tensor noise(int64_t count, int size) {
  const Tensor images = Tensor::empty({count, size, size, 3});
  Random random(4, Purpose::test);
  for (float& value : images.span<float>()) value = normal(random);
  return images;
}

MemorySource heap() {
  return {.allocate = [](size_t bytes) { return std::aligned_alloc(512, bytes); },
          .free = std::free,
          .advice = [](size_t) { return std::string(); }};
}

// Peak memory for encoding `count` images, apart from the images.
size_t peak(const Config& config, int64_t count) {
  const SimSiam model = network(config);
  CachingAllocator memory(heap());
  const ScopedAllocator scope(memory);
  encode(model, noise(count, config.augment.size), config, /*projection=*/true);
  return memory.statistics().peak_in_use;
}

}  // namespace

TEST_CASE("the encoding of an image has the same bits alone and among others") {
  for (const DType type : {DType::f32, DType::bf16}) {
    CAPTURE(type);
    for (const bool bottleneck : {false, true}) {
      Config config = tiny();
      config.model.backbone = {.arch = {.bottleneck = bottleneck},
                               .width = 16,
                               .stem = bottleneck ? Stem::imagenet : Stem::cifar};
      config.augment.size = 32;
      config.precision = type;
      const SimSiam model = network(config);
      const Tensor images = noise(11, 32);
      const Encoding all = encode(model, images, config, /*projection=*/true);
      for (const int64_t block : {1, 4}) {
        CAPTURE(block);
        for (int64_t begin = 0; begin < 11; begin += block) {
          const int64_t end = std::min(begin + block, int64_t{11});
          const Encoding some = encode(model, images.rows(begin, end), config, true);
          CHECK(same_bits(some.backbone, all.backbone.rows(begin, end)));
          CHECK(same_bits(some.projection, all.projection.rows(begin, end)));
        }
      }
    }
  }
}

TEST_CASE("encoding takes the memory that it is said to take") {
  Config config = tiny();
  for (const bool bottleneck : {false, true})
    for (const Stem stem : {Stem::cifar, Stem::imagenet})
      for (const DType type : {DType::f32, DType::bf16}) {
        CAPTURE(bottleneck);
        CAPTURE(name_of(stem));
        CAPTURE(type);
        config.model.backbone = {
            .arch = {.blocks = {1, 1, 1, 1}, .bottleneck = bottleneck}, .width = 32, .stem = stem};
        config.augment.size = 32;
        config.precision = type;
        // From this many images on, the convolutions' workspace does not grow with them.
        const size_t some = peak(config, 128), more = peak(config, 256);
        CHECK(more - some <= 128 * encoding_bytes(config));
        CHECK(more >= 256 * encoding_bytes(config) / 2);
      }
}

TEST_CASE("as many images are encoded together as fit in 1 GiB") {
  Config config;
  config.model.backbone = ResNetConfig::resnet18();
  config.augment.size = 32;
  CHECK(images_at_once(config) == 256);
  config.device = Device::cuda;
  for (const DType type : {DType::f32, DType::bf16}) {
    config.precision = type;
    CHECK(images_at_once(config) == 1000);
  }
  config = Config();
  CHECK(images_at_once(config) == 64);
  config.device = Device::cuda;
  CHECK(images_at_once(config) == 50);
  config.precision = DType::bf16;
  CHECK(images_at_once(config) == 125);
  config.augment.size = 4096;
  config.model.backbone.width = 256;
  CHECK(images_at_once(config) == 1);
}

TEST_CASE("the monitor's rows are those of frozen features, in more than one block") {
  const Config config = tiny();
  const SimSiam model = network(config);
  const auto images = patches(2 * images_at_once(config) + 5, 1);
  const Features features = backbone_features(model, *images, config);
  const FrozenFeatures frozen = frozen_features(model, *images, config, /*projection=*/false);
  CHECK(same_bits(features.rows, normalize_rows(frozen.rows.backbone)));
  CHECK(features.labels == frozen.labels);
  const TestImages transformed = test_images(*images, config.augment, Device::cpu, DType::f32);
  const Encoding whole = encode(model, transformed(0, images->size()), config, false);
  CHECK(same_bits(frozen.rows.backbone, whole.backbone));
}

}  // namespace siam
