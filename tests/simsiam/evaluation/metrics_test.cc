#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "simsiam/evaluation/collapse.h"
#include "simsiam/evaluation/knn.h"
#include "tensor/allocator.h"
#include "tensor/map.h"
#include "tensor/philox.h"
#include "tensor/rows.h"

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

// A direction per class, and noise of the same length.
TEST_CASE("kNN on features rounded to 16 bits is as accurate") {
  constexpr int64_t kRows = 600, kQueries = 400, kClasses = 5, kWidth = 64;
  const Tensor centres = normal_matrix(kClasses, kWidth, 5);
  const auto labelled = [&](int64_t rows, uint32_t stream) {
    Tensor x = normal_matrix(rows, kWidth, stream);
    std::vector<int32_t> labels(rows);
    for (int64_t i = 0; i < rows; ++i) {
      labels[i] = static_cast<int32_t>(i % kClasses);
      for (int64_t c = 0; c < kWidth; ++c)
        x.data<float>()[i * kWidth + c] =
            3 * x.data<float>()[i * kWidth + c] + centres.data<float>()[labels[i] * kWidth + c];
    }
    return std::pair{normalize_rows(x), labels};
  };
  const auto [bank, labels] = labelled(kRows, 6);
  const auto [queries, truth] = labelled(kQueries, 7);
  const double exact = knn_accuracy({bank, labels}, {queries, truth}, kClasses, {20, 0.1});
  CHECK(exact > 50);
  CHECK(exact < 100);
  for (const DType type : {DType::bf16, DType::f16}) {
    const double rounded =
        knn_accuracy({cast(bank, type), labels}, {cast(queries, type), truth}, kClasses, {20, 0.1});
    CHECK(std::abs(rounded - exact) <= 1);
  }
}

// With 300,000 rows, 223 queries at a time.
TEST_CASE("kNN takes at most 256 MiB for similarities, and finds every row of a large bank") {
  constexpr int64_t kRows = 300'000, kQueries = 300;
  const Tensor bank = normalize_rows(normal_matrix(kRows, 8, 8));
  const Tensor queries = Tensor::empty({kQueries, 8});
  std::vector<int32_t> labels(kRows), truth(kQueries);
  for (int64_t i = 0; i < kRows; ++i) labels[i] = static_cast<int32_t>(i % 7);
  for (int64_t i = 0; i < kQueries; ++i) {
    const int64_t row = 997 * i;
    queries.rows(i, i + 1).copy_from(bank.rows(row, row + 1));
    truth[i] = labels[row];
  }
  CachingAllocator memory({.allocate = [](size_t bytes) { return std::aligned_alloc(512, bytes); },
                           .free = std::free,
                           .advice = [](size_t) { return std::string(); }});
  const ScopedAllocator scope(memory);
  CHECK(knn_accuracy({bank, labels}, {queries, truth}, 7, {1, 0.1}) == 100);
  CHECK(memory.statistics().peak_in_use > size_t{200} << 20);
  CHECK(memory.statistics().peak_in_use < size_t{300} << 20);
}

}  // namespace siam
