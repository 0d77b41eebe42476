#include "simsiam/evaluation/linear_probe.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "tensor/philox.h"

namespace siam {

namespace {

constexpr int64_t kClasses = 3, kWidth = 8;

// Classes around centres at `distance` from the origin, each on its own axis, with unit noise.
struct Blobs {
  Tensor rows;
  std::vector<int32_t> labels;
  Blobs(int64_t count, double distance, uint32_t stream) : rows(Tensor::empty({count, kWidth})) {
    Random random(11, Purpose::test, stream);
    for (int64_t i = 0; i < count; ++i) {
      labels.push_back(static_cast<int32_t>(random.below(kClasses)));
      for (int64_t j = 0; j < kWidth; ++j)
        rows.data<float>()[i * kWidth + j] =
            normal(random) + (labels[i] == j ? static_cast<float>(distance) : 0);
    }
  }
  FeatureBank bank() const { return {rows, labels}; }
};

ProbeResult probe(const Blobs& train, const Blobs& test, ProbeConfig config, double rate,
                  int epochs) {
  config.base_learning_rate = rate;
  config.epochs = epochs;
  return linear_probe(train.bank(), test.bank(), kClasses, config);
}

}  // namespace

// Centres 8 deviations from the origin are 11 apart: the Bayes error is below 1e-7.
TEST_CASE("both optimisers separate classes that are far apart; chance where there is nothing") {
  const Blobs train(300, 8, 1), test(200, 8, 2), noise(3000, 0, 3), more_noise(3000, 0, 4);
  for (ProbeConfig config : {ProbeConfig::sgd(), ProbeConfig::lars()}) {
    // LARC moves a weight by 0.001 of its norm, times the rate: it needs more and larger steps.
    const double rate = config.optimizer == ProbeOptimizer::sgd ? 0.1 : 20.0;
    config.batch_size = 32;
    const ProbeResult result = probe(train, test, config, rate, 60);
    CHECK(result.last == 100);
    CHECK(result.best == 100);
    CHECK(result.loss < 0.1);
    CHECK(result.base_learning_rate == rate);
    // 33.3 % of 3,000 has a standard error of 0.86 points.
    CHECK(std::abs(probe(noise, more_noise, config, rate, 5).last - 100.0 / 3) < 4);
  }
}

TEST_CASE("best is the highest epoch, and the same seed gives the same numbers") {
  const Blobs train(300, 1, 5), test(200, 1, 6);
  const ProbeResult whole = probe(train, test, ProbeConfig::sgd(), 1, 20);
  CHECK(whole.best >= whole.last);
  CHECK(whole.best_epoch >= 1);
  CHECK(whole.best_epoch <= 20);
  const ProbeResult again = probe(train, test, ProbeConfig::sgd(), 1, 20);
  CHECK(again.last == whole.last);
  CHECK(again.loss == whole.loss);
  const double rates[] = {0.01, 1};
  ProbeConfig config;
  config.epochs = 20;
  const auto sweep = probe_sweep(train.bank(), test.bank(), kClasses, config, rates);
  REQUIRE(sweep.size() == 2);
  CHECK(sweep[1].loss == whole.loss);
  CHECK(sweep[0].loss != whole.loss);
}

TEST_CASE("a rate that is far too high says so by its loss and does not end the sweep") {
  const Blobs train(300, 8, 1), test(200, 8, 2);
  const ProbeResult result = probe(train, test, ProbeConfig::sgd(), 1e38, 3);
  CHECK_FALSE(std::isfinite(result.loss));
  CHECK(result.last <= 100);
}

TEST_CASE("schedules: cosine per epoch, steps at 60 and 80 %, both scaled with the batch") {
  ProbeConfig steps = ProbeConfig::sgd();
  CHECK(probe_learning_rate(steps, 59, 256) == 30);
  CHECK(probe_learning_rate(steps, 60, 256) == doctest::Approx(3));
  CHECK(probe_learning_rate(steps, 80, 256) == doctest::Approx(0.3));
  const ProbeConfig cosine = ProbeConfig::lars();
  CHECK(probe_learning_rate(cosine, 0, 4096) == doctest::Approx(1.6));
  CHECK(probe_learning_rate(cosine, 45, 4096) == doctest::Approx(0.8));
}

TEST_CASE("features of two networks are refused") {
  const Tensor narrow = Tensor::zeros({2, 3}), wide = Tensor::zeros({2, 4});
  const int32_t labels[] = {0, 1};
  CHECK_THROWS_AS(linear_probe({narrow, labels}, {wide, labels}, 2, {}), Error);
}

}  // namespace siam
