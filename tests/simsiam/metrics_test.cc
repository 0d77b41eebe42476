#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "simsiam/collapse.h"
#include "simsiam/knn.h"
#include "tensor/loss.h"
#include "tensor/philox.h"

namespace siam {

namespace {

Tensor normal_matrix(int64_t rows, int64_t columns, uint32_t stream) {
  Random random(2, Purpose::test, stream);
  Tensor x = Tensor::empty({rows, columns});
  for (float& value : x.span<float>()) value = normal(random);
  return x;
}

}  // namespace

// 4,000 x 64 normal values: the standard error of the average deviation is 1 / sqrt(2 * 256,000) =
// 0.0014.
TEST_CASE("collapse_std is 1 for directions spread evenly, 0 for one direction") {
  CHECK(collapse_std(normal_matrix(4000, 64, 1)) == doctest::Approx(1).epsilon(0.01));
  Tensor same = Tensor::empty({50, 64});
  for (int64_t i = 0; i < same.numel(); ++i)
    same.data<float>()[i] = static_cast<float>((1 + i / 64) * (1 + i % 64));  // lengths differ
  CHECK(collapse_std(same) < 1e-4);
}

TEST_CASE("collapse_std agrees with the formula") {
  const Tensor z = Tensor::from<float>({3, 2}, {3, 4, 0, 2, -1, 0});
  // z / |z| = (0.6, 0.8), (0, 1), (-1, 0)
  auto deviation = [](double a, double b, double c) {
    const double mean = (a + b + c) / 3;
    return std::sqrt(((a - mean) * (a - mean) + (b - mean) * (b - mean) + (c - mean) * (c - mean)) /
                     2);
  };
  const double expected = (deviation(0.6, 0, -1) + deviation(0.8, 1, 0)) / 2 * std::sqrt(2.0);
  CHECK(collapse_std(z) == doctest::Approx(expected).epsilon(1e-6));
}

TEST_CASE("the kNN vote is weighted by exp(cos / T), and k is cut to the bank") {
  // Query (1, 0): one neighbour of class 1 at cosine 1, two of class 0 at cosine 0.6.
  const Tensor bank = Tensor::from<float>({3, 2}, {1, 0, 0.6f, 0.8f, 0.6f, -0.8f});
  const Tensor query = Tensor::from<float>({1, 2}, {1, 0});
  const int32_t labels[] = {1, 0, 0}, truth[] = {1};
  auto accuracy = [&](int64_t k, double temperature) {
    return knn_accuracy({bank, labels}, {query, truth}, 2, {k, temperature});
  };
  CHECK(accuracy(3, 0.1) == 100);  // e^10 against 2 e^6
  CHECK(accuracy(3, 1.0) == 0);    // e^1 against 2 e^0.6
  CHECK(accuracy(1, 1.0) == 100);
  CHECK(accuracy(200, 0.1) == 100);
}

TEST_CASE("kNN agrees with a sort of all neighbours") {
  constexpr int64_t kBank = 300, kQueries = 520, kClasses = 5, kK = 40;
  const Tensor bank = normalize_rows(normal_matrix(kBank, 8, 3));
  const Tensor queries = normalize_rows(normal_matrix(kQueries, 8, 4));
  std::vector<int32_t> labels(kBank), truth(kQueries);
  Random random(1, Purpose::test);
  for (auto& label : labels) label = static_cast<int32_t>(random.below(kClasses));
  for (auto& label : truth) label = static_cast<int32_t>(random.below(kClasses));
  const std::vector<KnnConfig> settings = {{kK, 0.1}, {1, 0.1}, {kK, 0.02}, {7, 1.0}, {900, 0.1}};
  std::vector<double> expected(settings.size(), 0.0);
  for (int64_t i = 0; i < kQueries; ++i) {
    std::vector<std::pair<double, int32_t>> neighbours;
    for (int64_t j = 0; j < kBank; ++j) {
      double cosine = 0;
      for (int64_t c = 0; c < 8; ++c)
        cosine +=
            static_cast<double>(queries.data<float>()[i * 8 + c]) * bank.data<float>()[j * 8 + c];
      neighbours.emplace_back(-cosine, labels[j]);
    }
    std::sort(neighbours.begin(), neighbours.end());
    for (size_t s = 0; s < settings.size(); ++s) {
      std::vector<double> score(kClasses, 0.0);
      for (int64_t j = 0; j < std::min(settings[s].k, kBank); ++j)
        score[neighbours[j].second] += std::exp(-neighbours[j].first / settings[s].temperature);
      const auto winner = std::max_element(score.begin(), score.end()) - score.begin();
      expected[s] += winner == truth[i] ? 100.0 / kQueries : 0;
    }
  }
  const FeatureBank rows{bank, labels}, asked{queries, truth};
  const std::vector<double> seen = knn_accuracies(rows, asked, kClasses, settings);
  REQUIRE(seen.size() == settings.size());
  for (size_t s = 0; s < settings.size(); ++s) {
    CHECK(seen[s] == doctest::Approx(expected[s]));
    CHECK(knn_accuracy(rows, asked, kClasses, settings[s]) == seen[s]);
  }
}

}  // namespace siam
