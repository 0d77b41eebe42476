#include "data/loader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <set>

#include "data/memory_dataset.h"
#include "tensor/parallel.h"
#include "tests/same_bits.h"

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
  return a.samples == b.samples && same_bits(a.images, b.images);
}

// Noise, with a callback on decoding.
class Watched : public Dataset {
 public:
  explicit Watched(int64_t size) : whole_(noise(size, 8)) {}
  int64_t size() const override { return whole_->size(); }
  int label(int64_t) const override { return 0; }
  const std::vector<std::string>& class_names() const override { return whole_->class_names(); }
  std::string name() const override { return "watched"; }
  std::string fingerprint() const override { return ""; }

 protected:
  std::shared_ptr<const Dataset> whole_;
};

// A data set whose image 7 cannot be decoded.
class Broken : public Watched {
 public:
  Broken() : Watched(20) {}
  Image image(int64_t index) const override {
    if (index == 7) fail("seven.jpg: damaged");
    return whole_->image(index);
  }
};

class AllBroken : public Watched {
 public:
  AllBroken() : Watched(20) {}
  Image image(int64_t index) const override { fail("{}.jpg: damaged", index); }
};

// Each decoding thread waits until the expected number of threads decode, or a timeout.
class Meeting : public Watched {
 public:
  explicit Meeting(size_t expected) : Watched(50), expected_(expected) {}
  Image image(int64_t index) const override {
    std::unique_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    changed_.notify_all();
    changed_.wait_until(lock, deadline_, [this] { return threads_.size() >= expected_; });
    return whole_->image(index);
  }
  bool met() const { return threads_.size() == expected_; }

 private:
  size_t expected_;
  std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(20);
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::set<std::thread::id> threads_;
};

// Counts decoded images.
class Counting : public Watched {
 public:
  Counting() : Watched(60) {}
  Image image(int64_t index) const override {
    ++count_;
    return whole_->image(index);
  }
  /// The number of images, some time after it has reached `expected`.
  int count_behind(int expected) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (count_ < expected && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return count_;
  }

 private:
  mutable std::atomic<int> count_ = 0;
};

}  // namespace

// Batches of whole jobs, of jobs and a remainder, and of one sample.
TEST_CASE("batches are the same bits for 0, 1, 2 and 5 workers, and after an abandoned epoch") {
  const auto data = noise(50, 12);
  for (const int64_t size : {8, 7, 1}) {
    CAPTURE(size);
    Loader reference(data, small(), {.batch_size = size, .seed = 3, .workers = 0});
    reference.start_epoch(2);
    std::vector<Batch> expected;
    for (int64_t i = 0; i < reference.batches_per_epoch(); ++i)
      expected.push_back(reference.next());
    for (int workers : {1, 2, 5}) {
      CAPTURE(workers);
      Loader loader(data, small(), {.batch_size = size, .seed = 3, .workers = workers});
      loader.start_epoch(1);
      loader.next();
      loader.start_epoch(2);
      for (const Batch& batch : expected) CHECK(same(loader.next(), batch));
      CHECK_THROWS_AS(loader.next(), Error);
      loader.start_epoch(2, 4);
      CHECK(same(loader.next(), expected[4]));
    }
  }
}

TEST_CASE("more workers than batches work: six threads decode a batch together") {
  const auto data = std::make_shared<Meeting>(6);
  Loader loader(data, small(), {.batch_size = 50, .seed = 3, .workers = 6, .prefetch = 1});
  loader.start_epoch(0);
  loader.next();
  CHECK(data->met());
}

TEST_CASE("unless told otherwise all cores but one load for a GPU, and one thread for a CPU") {
  set_threads(6);
  CHECK(default_workers(Device::cuda) == 5);
  CHECK(default_workers(Device::cpu) == 1);
  set_threads(1);
  CHECK(default_workers(Device::cuda) == 1);
  set_threads(0);
}

TEST_CASE("no more batches are begun ahead than allowed, with any workers") {
  for (const int workers : {1, 2, 5}) {
    CAPTURE(workers);
    const auto data = std::make_shared<Counting>();
    Loader loader(data, small(), {.batch_size = 5, .workers = workers, .prefetch = 3});
    loader.start_epoch(0);
    for (int used = 0; used <= 4; ++used) {
      const int expected = (used + 3) * 5;
      CHECK(data->count_behind(expected) == expected);
      loader.next();
    }
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
      augment(image, config, draw(config, image.height, image.width, 3, 0, batch.samples[i], v),
              view.data());
      CHECK(std::memcmp(view.data(), batch.images.rows(v * 6 + i, v * 6 + i + 1).raw(),
                        view.size() * sizeof(float)) == 0);
    }
  CHECK_FALSE(same_bits(batch.images.rows(0, 6), batch.images.rows(6, 12)));
}

TEST_CASE("what goes wrong in a worker reaches the consumer, and the loader can be used again") {
  for (int workers : {0, 1, 3}) {
    Loader loader(std::make_shared<Broken>(), small(), {.batch_size = 5, .workers = workers});
    loader.start_epoch(0);
    auto drain = [&] {
      for (int i = 0; i < 4; ++i) loader.next();
    };
    CHECK_THROWS_WITH_AS(drain(), "seven.jpg: damaged", Error);
    CHECK_THROWS_WITH_AS(loader.next(), "seven.jpg: damaged", Error);  // it is not passed over
    // Another data set's epoch of the same order, up to the image that it lacks.
    Loader whole(noise(20, 8), small(), {.batch_size = 5});
    whole.start_epoch(1);
    loader.start_epoch(1);
    for (Batch batch = whole.next(); !std::ranges::count(batch.samples, 7); batch = whole.next())
      CHECK(same(loader.next(), batch));
    CHECK_THROWS_WITH_AS(loader.next(), "seven.jpg: damaged", Error);
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

TEST_CASE("of several that cannot be read in a batch the first is named, with any workers") {
  const auto said = [](int workers) {
    Loader loader(std::make_shared<AllBroken>(), small(), {.batch_size = 20, .workers = workers});
    loader.start_epoch(0);
    try {
      loader.next();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string expected = said(0);
  CHECK(expected.ends_with(".jpg: damaged"));
  for (int repeat = 0; repeat < 20; ++repeat)
    for (int workers : {1, 2, 5}) CHECK(said(workers) == expected);
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
