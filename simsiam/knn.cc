#include "simsiam/knn.h"

#include <algorithm>
#include <cmath>

#include "tensor/matmul.h"
#include "tensor/parallel.h"
#include "tensor/top_k.h"

namespace siam {

namespace {

constexpr int64_t kQueryBlock = 256;  // 256 x 50,000 similarities are 51 MB

// Index of the class that wins the vote.
int64_t vote(std::span<const int32_t> neighbours, const float* similarity,
             std::span<const int32_t> labels, double temperature, std::vector<double>& score) {
  std::fill(score.begin(), score.end(), 0.0);
  for (size_t i = 0; i < neighbours.size(); ++i)
    score[labels[neighbours[i]]] += std::exp(similarity[i] / temperature);
  return std::max_element(score.begin(), score.end()) - score.begin();
}

}  // namespace

std::vector<double> knn_accuracies(const FeatureBank& bank, const FeatureBank& queries,
                                   int64_t classes, std::span<const KnnConfig> settings) {
  const int64_t rows = bank.features.dim(0), count = queries.features.dim(0);
  check(rows > 0 && count > 0,
        "knn: {} rows in the bank and {} queries; at least one of each is needed", rows, count);
  const int64_t cases = static_cast<int64_t>(settings.size());
  int64_t most = 1;
  for (const KnnConfig& each : settings) most = std::max(most, std::min(each.k, rows));
  std::vector<uint8_t> right(count * cases);
  for (int64_t begin = 0; begin < count; begin += kQueryBlock) {
    const int64_t end = std::min(begin + kQueryBlock, count);
    const Tensor similarity = matmul(queries.features.rows(begin, end), Transpose::no,
                                     bank.features, Transpose::yes, DType::f32);
    const TopK best = top_k(similarity, most);  // of equals the earlier row is the nearer
    const Tensor nearest = best.columns.to(Device::cpu), cosines = best.values.to(Device::cpu);
    parallel_for(end - begin, 16, [&](int64_t first, int64_t last) {
      std::vector<double> score(classes);
      for (int64_t i = first; i < last; ++i)
        for (int64_t s = 0; s < cases; ++s) {
          const std::span<const int32_t> rows_nearest(nearest.data<int32_t>() + i * most,
                                                      std::min(settings[s].k, rows));
          right[(begin + i) * cases + s] =
              vote(rows_nearest, cosines.data<float>() + i * most, bank.labels,
                   settings[s].temperature, score) == queries.labels[begin + i];
        }
    });
  }
  std::vector<double> accuracies(cases);
  for (int64_t s = 0; s < cases; ++s) {
    int64_t hits = 0;
    for (int64_t i = 0; i < count; ++i) hits += right[i * cases + s];
    accuracies[s] = 100.0 * static_cast<double>(hits) / static_cast<double>(count);
  }
  return accuracies;
}

double knn_accuracy(const FeatureBank& bank, const FeatureBank& queries, int64_t classes,
                    const KnnConfig& config) {
  return knn_accuracies(bank, queries, classes, {&config, 1}).front();
}

std::vector<KnnConfig> knn_grid() {
  std::vector<KnnConfig> grid;
  for (const int64_t k : {1, 20, 200})
    for (const double temperature : {0.07, 0.1, 0.2}) grid.push_back({k, temperature});
  return grid;
}

}  // namespace siam
