#include "simsiam/knn.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tensor/matmul.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

constexpr int64_t kQueryBlock = 256;  // 256 x 50,000 similarities are 51 MB

// Index of the winning class for one query; `order` is scratch of the bank's size.
int64_t classify(std::span<const float> similarity, std::span<const int32_t> labels,
                 int64_t classes, int64_t k, double temperature, std::vector<int32_t>& order) {
  order.resize(similarity.size());
  std::iota(order.begin(), order.end(), 0);
  // Of equal similarities the earlier row is the nearer, so that the vote has one outcome.
  auto nearer = [&](int32_t a, int32_t b) {
    return similarity[a] != similarity[b] ? similarity[a] > similarity[b] : a < b;
  };
  std::nth_element(order.begin(), order.begin() + k - 1, order.end(), nearer);
  std::sort(order.begin(), order.begin() + k);  // a fixed order of summation
  std::vector<double> score(classes, 0.0);
  for (int64_t i = 0; i < k; ++i)
    score[labels[order[i]]] += std::exp(similarity[order[i]] / temperature);
  return std::max_element(score.begin(), score.end()) - score.begin();
}

}  // namespace

double knn_accuracy(const FeatureBank& bank, const FeatureBank& queries, int64_t classes,
                    const KnnConfig& config) {
  const int64_t rows = bank.features.dim(0), count = queries.features.dim(0);
  check(rows > 0 && count > 0,
        "knn: {} rows in the bank and {} queries; at least one of each is needed", rows, count);
  const int64_t k = std::min(config.k, rows);
  std::vector<uint8_t> right(count);
  for (int64_t begin = 0; begin < count; begin += kQueryBlock) {
    const int64_t end = std::min(begin + kQueryBlock, count);
    const Tensor similarity = matmul(queries.features.rows(begin, end), Transpose::no,
                                     bank.features, Transpose::yes, DType::f32)
                                  .to(Device::cpu);
    const float* values = similarity.data<float>();
    parallel_for(end - begin, 16, [&](int64_t first, int64_t last) {
      std::vector<int32_t> order;
      for (int64_t i = first; i < last; ++i) {
        const int64_t winner = classify({values + i * rows, static_cast<size_t>(rows)}, bank.labels,
                                        classes, k, config.temperature, order);
        right[begin + i] = winner == queries.labels[begin + i];
      }
    });
  }
  return 100.0 * std::accumulate(right.begin(), right.end(), int64_t{0}) /
         static_cast<double>(count);
}

}  // namespace siam
