#include "data/loader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/memory_dataset.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

std::shared_ptr<const Dataset> noise(int64_t count, int size) {
  std::vector<uint8_t> pixels(count * size * size * 3);
  Random random(1, Purpose::test);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.bits());
  std::vector<int32_t> labels(count);
  for (int64_t i = 0; i < count; ++i) labels[i] = static_cast<int32_t>(i % 2);
  return std::make_shared<MemoryDataset>("noise", std::vector<std::string>{"a", "b"}, size, size,
                                         std::move(pixels), std::move(labels));
}

AugmentConfig small() {
  AugmentConfig config;
  config.size = 10;
  return config;
}

bool same(const Batch& a, const Batch& b) {
  return a.samples == b.samples &&
         std::memcmp(a.images.raw(), b.images.raw(), a.images.bytes()) == 0;
}

// A data set whose image 7 cannot be decoded.
class Broken : public Dataset {
 public:
  int64_t size() const override { return 20; }
  Image image(int64_t index) const override {
    if (index == 7) fail("seven.jpg: damaged");
    return whole_->image(index);
  }
  int label(int64_t) const override { return 0; }
  const std::vector<std::string>& class_names() const override { return whole_->class_names(); }
  std::string name() const override { return "broken"; }
  std::string fingerprint() const override { return ""; }

 private:
  std::shared_ptr<const Dataset> whole_ = noise(20, 8);
};

}  // namespace

TEST_CASE("batches are the same bits for 0, 1, 2 and 5 workers, and after an abandoned epoch") {
  const auto data = noise(50, 12);
  Loader reference(data, small(), {.batch_size = 8, .seed = 3, .workers = 0});
  reference.start_epoch(2);
  std::vector<Batch> expected;
  for (int64_t i = 0; i < reference.batches_per_epoch(); ++i) expected.push_back(reference.next());
  for (int workers : {1, 2, 5}) {
    CAPTURE(workers);
    Loader loader(data, small(), {.batch_size = 8, .seed = 3, .workers = workers});
    loader.start_epoch(1);
    loader.next();
    loader.start_epoch(2);
    for (const Batch& batch : expected) CHECK(same(loader.next(), batch));
    loader.start_epoch(2, 4);
    CHECK(same(loader.next(), expected[4]));
  }
}

TEST_CASE("an epoch is a permutation, another one for each epoch and seed") {
  auto order = [](uint64_t seed, int epoch) {
    Loader loader(noise(40, 8), small(), {.batch_size = 10, .seed = seed, .workers = 0});
    loader.start_epoch(epoch);
    std::vector<int64_t> samples;
    for (int i = 0; i < 4; ++i) {
      const Batch batch = loader.next();
      samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
    }
    return samples;
  };
  std::vector<int64_t> first = order(1, 0), sorted = first;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 40; ++i) CHECK(sorted[i] == i);
  CHECK(first != order(1, 1));
  CHECK(first != order(2, 0));
  CHECK(first == order(1, 0));
}

TEST_CASE("views of one sample differ, and the first views stand before the second") {
  Loader loader(noise(6, 12), small(), {.batch_size = 6, .seed = 3, .workers = 0});
  loader.start_epoch(0);
  const Batch batch = loader.next();
  CHECK(batch.images.shape() == Shape{12, 10, 10, 3});
  const AugmentConfig config = small();
  const auto data = noise(6, 12);
  std::vector<float> view(10 * 10 * 3);
  for (int v : {0, 1})
    for (int64_t i = 0; i < 6; ++i) {
      const Image image = data->image(batch.samples[i]);
      augment(image, config, draw(config, image, 3, 0, batch.samples[i], v), view.data());
      CHECK(std::memcmp(view.data(), batch.images.rows(v * 6 + i, v * 6 + i + 1).raw(),
                        view.size() * sizeof(float)) == 0);
    }
  CHECK(std::memcmp(batch.images.rows(0, 6).raw(), batch.images.rows(6, 12).raw(),
                    batch.images.bytes() / 2) != 0);
}

TEST_CASE("what goes wrong in a worker reaches the consumer, and the loader can be used again") {
  for (int workers : {0, 1, 3}) {
    Loader loader(std::make_shared<Broken>(), small(), {.batch_size = 5, .workers = workers});
    loader.start_epoch(0);
    auto drain = [&] {
      for (int i = 0; i < 4; ++i) loader.next();
    };
    CHECK_THROWS_WITH_AS(drain(), "seven.jpg: damaged", Error);
    loader.start_epoch(1);
  }
}

TEST_CASE("the batches before the one that cannot be made are handed out, with any workers") {
  const auto made = [](int workers) {
    Loader loader(std::make_shared<Broken>(), small(), {.batch_size = 1, .workers = workers});
    loader.start_epoch(0);
    int count = 0;
    try {
      for (; count < 20; ++count) loader.next();
    } catch (const Error&) {
    }
    return count;
  };
  const int expected = made(0);
  CHECK(expected < 20);
  for (int repeat = 0; repeat < 20; ++repeat)
    for (int workers : {1, 2, 5}) CHECK(made(workers) == expected);
}

TEST_CASE("an image that cannot be read while test images are made on all threads is an Error") {
  const Broken broken;
  const TestImages images = test_images(broken, small(), Device::cpu, DType::f32);
  set_threads(2);
  for (int repeat = 0; repeat < 20; ++repeat)
    CHECK_THROWS_WITH_AS(images(0, 20), "seven.jpg: damaged", Error);
  CHECK(images(8, 20).dim(0) == 12);
  set_threads(0);
}

TEST_CASE("a batch larger than the data set is an error") {
  CHECK_THROWS_WITH_AS(Loader(noise(4, 8), small(), {.batch_size = 5}),
                       "batch of 5 from noise; at most its 4 samples are needed; use a smaller "
                       "--batch-size or more data",
                       Error);
}

}  // namespace siam
