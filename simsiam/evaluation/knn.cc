#include "simsiam/evaluation/knn.h"

#include <algorithm>
#include <cmath>

#include "tensor/matmul.h"
#include "tensor/parallel.h"
#include "tensor/top_k.h"

namespace siam {

namespace {

constexpr int64_t kQueries = 256;  // at a time: 256 x 50,000 similarities are 51 MB
constexpr int64_t kSimilarities = int64_t{1} << 26;  // but at most this many in all, 256 MiB

int64_t most_neighbours(std::span<const KnnConfig> settings, int64_t rows) {
  int64_t most = 1;
  for (const KnnConfig& each : settings) most = std::max(most, std::min(each.k, rows));
  return most;
}

// The class that wins the vote.
int64_t vote(std::span<const int32_t> neighbours, const float* similarity,
             std::span<const int32_t> labels, double temperature, std::vector<double>& score) {
  std::fill(score.begin(), score.end(), 0.0);
  for (size_t i = 0; i < neighbours.size(); ++i)
    score[labels[neighbours[i]]] += std::exp(similarity[i] / temperature);
  return std::max_element(score.begin(), score.end()) - score.begin();
}

// Of equally near rows the earlier one comes first.
TopK nearest_rows(const Tensor& queries, const Tensor& bank, int64_t most) {
  return top_k(matmul(queries, Transpose::no, bank, Transpose::yes, DType::f32), most);
}

// Merges each rank's nearest rows, from its part of the bank (which begins at row `first`), into
// the nearest of all: the result of nearest_rows() on the whole bank.
TopK nearest_over_ranks(const Communicator& ranks, const Tensor& queries, const Tensor& part,
                        int64_t first, int64_t most) {
  const int64_t count = queries.dim(0), own = std::min(most, part.dim(0));
  const Tensor keys = Tensor::zeros({count, most * int64_t{sizeof(RankKey)}}, DType::u8);
  const auto keys_of = [&](const Tensor& of, int64_t row) {
    return std::span(reinterpret_cast<RankKey*>(of.rows(row, row + 1).data<uint8_t>()),
                     static_cast<size_t>(most));
  };
  if (own > 0) {
    const TopK found = nearest_rows(queries, part, own);
    const Tensor cosines = found.values.to(Device::cpu), rows = found.columns.to(Device::cpu);
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < own; ++j)
        keys_of(keys, i)[static_cast<size_t>(j)] =
            RankKey(cosines.data<float>()[i * own + j], first + rows.data<int32_t>()[i * own + j]);
  }
  const Tensor all = ranks.all_gather(keys);
  const TopK best{Tensor::empty({count, most}), Tensor::empty({count, most}, DType::i32)};
  parallel_for(count, 16, [&](int64_t begin, int64_t end) {
    std::vector<RankKey> candidates;
    for (int64_t i = begin; i < end; ++i) {
      candidates.clear();
      for (int rank = 0; rank < ranks.size(); ++rank) {
        const auto found = keys_of(all, rank * count + i);
        candidates.insert(candidates.end(), found.begin(), found.end());
      }
      std::partial_sort(candidates.begin(), candidates.begin() + most, candidates.end(),
                        [](const RankKey& a, const RankKey& b) { return a.bits > b.bits; });
      for (int64_t j = 0; j < most; ++j) {
        best.values.data<float>()[i * most + j] = candidates[static_cast<size_t>(j)].value();
        best.columns.data<int32_t>()[i * most + j] = candidates[static_cast<size_t>(j)].column();
      }
    }
  });
  return best;
}

// How many queries win under each setting, f64 [settings]. nearest(begin, end) are the
// `most_neighbours` nearest rows of the bank for each of these queries.
template <class Nearest>
Tensor hits_of(std::span<const int32_t> bank_labels, std::span<const int32_t> query_labels,
               RowRange queries, int64_t classes, std::span<const KnnConfig> settings,
               const Nearest& nearest) {
  const int64_t rows = std::ssize(bank_labels), count = std::ssize(query_labels);
  check(rows > 0 && count > 0,
        "knn: {} rows in the bank and {} queries; at least one of each is needed", rows, count);
  for (const auto& labels : {bank_labels, query_labels})
    check(
        std::all_of(labels.begin(), labels.end(),
                    [&](int32_t label) { return 0 <= label && label < classes; }),
        "knn: images without labels, or beyond {} classes; a class for each is needed; use images "
        "in folders by class",
        classes);
  const int64_t cases = static_cast<int64_t>(settings.size());
  const int64_t most = most_neighbours(settings, rows);
  const int64_t block = std::clamp(kSimilarities / rows, int64_t{1}, kQueries);
  std::vector<uint8_t> right(queries.size() * cases);
  for (int64_t begin = queries.begin; begin < queries.end; begin += block) {
    const int64_t end = std::min(begin + block, queries.end);
    const TopK best = nearest(begin, end);
    const Tensor columns = best.columns.to(Device::cpu), cosines = best.values.to(Device::cpu);
    parallel_for(end - begin, 16, [&](int64_t first, int64_t last) {
      std::vector<double> score(classes);
      for (int64_t i = first; i < last; ++i)
        for (int64_t s = 0; s < cases; ++s) {
          const std::span<const int32_t> rows_nearest(columns.data<int32_t>() + i * most,
                                                      std::min(settings[s].k, rows));
          right[(begin - queries.begin + i) * cases + s] =
              vote(rows_nearest, cosines.data<float>() + i * most, bank_labels,
                   settings[s].temperature, score) == query_labels[begin + i];
        }
    });
  }
  const Tensor hits = Tensor::zeros({cases}, DType::f64);
  for (size_t i = 0; i < right.size(); ++i)
    hits.data<double>()[static_cast<int64_t>(i) % cases] += right[i];
  return hits;
}

std::vector<double> percent(const Tensor& hits, int64_t count) {
  std::vector<double> accuracies;
  for (const double each : hits.span<double>())
    accuracies.push_back(100.0 * each / static_cast<double>(count));
  return accuracies;
}

}  // namespace

std::vector<double> knn_accuracies(const FeatureBank& bank, const FeatureBank& queries,
                                   int64_t classes, std::span<const KnnConfig> settings,
                                   const Communicator& ranks) {
  const int64_t most = most_neighbours(settings, bank.features.dim(0));
  const int64_t count = std::ssize(queries.labels);
  const Tensor hits =
      hits_of(bank.labels, queries.labels, ranks.shard(count), classes, settings,
              [&](int64_t begin, int64_t end) {
                return nearest_rows(queries.features.rows(begin, end), bank.features, most);
              });
  ranks.all_reduce(hits);
  return percent(hits, count);
}

double knn_accuracy(const FeatureBank& bank, const FeatureBank& queries, int64_t classes,
                    const KnnConfig& config) {
  return knn_accuracies(bank, queries, classes, {&config, 1}).front();
}

double knn_accuracy(const Communicator& ranks, const Tensor& part, int64_t first,
                    std::span<const int32_t> bank_labels, const FeatureBank& queries,
                    int64_t classes, const KnnConfig& config) {
  const int64_t most = most_neighbours({&config, 1}, std::ssize(bank_labels));
  const int64_t count = std::ssize(queries.labels);
  const Tensor hits = hits_of(bank_labels, queries.labels, {0, count}, classes, {&config, 1},
                              [&](int64_t begin, int64_t end) {
                                return nearest_over_ranks(ranks, queries.features.rows(begin, end),
                                                          part, first, most);
                              });
  return percent(hits, count).front();
}

std::vector<KnnConfig> knn_grid() {
  std::vector<KnnConfig> grid;
  for (const int64_t k : {1, 20, 200})
    for (const double temperature : {0.07, 0.1, 0.2}) grid.push_back({k, temperature});
  return grid;
}

}  // namespace siam
