#include "simsiam/evaluation/representation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "simsiam/evaluation/collapse.h"
#include "simsiam/evaluation/eigenvalues.h"
#include "simsiam/evaluation/gram.h"
#include "tensor/batch_norm.h"
#include "tensor/matmul.h"
#include "tensor/parallel.h"
#include "tensor/reduce.h"
#include "tensor/rows.h"

namespace siam {

namespace {

void check_matrix(const Tensor& z, const char* what, int64_t rows) {
  check(z.rank() == 2 && z.dtype() == DType::f32 && z.dim(0) >= rows && z.dim(1) >= 1,
        "{}: {} {}; an f32 matrix [rows,d] of {} or more rows is needed; give it one row per image",
        what, z.dtype(), z.shape(), rows);
}

}  // namespace

double effective_rank(const Tensor& z) {
  check_matrix(z, "effective rank", 1);
  if (!all_finite(z)) return std::numeric_limits<double>::quiet_NaN();
  const int64_t n = std::min(z.dim(0), z.dim(1));
  std::vector<double> values = symmetric_eigenvalues(smaller_gram(z), n);
  const double noise = values.back() * static_cast<double>(std::max(z.dim(0), z.dim(1))) *
                       std::numeric_limits<double>::epsilon();
  for (double& value : values) value = value > noise ? std::sqrt(value) : 0;
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (sum == 0) return 0;
  double entropy = 0;
  for (const double value : values)
    if (value > 0) entropy -= value / sum * std::log(value / sum);
  return std::exp(entropy);
}

double alignment(const Tensor& a, const Tensor& b) {
  check_matrix(a, "alignment", 1);
  return 2 - 2 * mean(cosine_similarity(a, b)).item();  // |a - b|^2 of unit vectors
}

double uniformity(const Tensor& z) {
  check_matrix(z, "uniformity", 2);
  constexpr int64_t kBlock = 256;
  const Tensor x = normalize_rows(z);
  const int64_t rows = x.dim(0);
  std::vector<double> sums(rows);
  for (int64_t begin = 0; begin < rows; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, rows);
    const Tensor cosines =
        matmul(x.rows(begin, end), Transpose::no, x.rows(0, end), Transpose::yes, DType::f32)
            .to(Device::cpu);
    parallel_for(end - begin, 8, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const float* row = cosines.data<float>() + i * end;
        for (int64_t j = 0; j < begin + i; ++j) sums[begin + i] += std::exp(4.0f * (row[j] - 1));
      }
    });
  }
  const double pairs = static_cast<double>(rows) * static_cast<double>(rows - 1) / 2;
  return std::log(std::accumulate(sums.begin(), sums.end(), 0.0) / pairs);
}

double dead_channels(const Tensor& z) {
  check_matrix(z, "dead channels", 2);
  const BatchStatistics statistics = batch_statistics(z, 1);
  const Tensor means = statistics.mean.to(Device::cpu);
  const Tensor variances = statistics.variance.to(Device::cpu);
  const double d = static_cast<double>(z.dim(1));
  double deviation = 0, square = 0;
  for (int64_t c = 0; c < z.dim(1); ++c) {
    const double mean = means.data<float>()[c], variance = variances.data<float>()[c];
    deviation += std::sqrt(variance) / d;
    square += (variance + mean * mean) / d;
  }
  const double least = std::max(0.01 * deviation, 1e-6 * std::sqrt(square));
  const auto dead = std::count_if(variances.span<float>().begin(), variances.span<float>().end(),
                                  [&](float variance) { return std::sqrt(variance) <= least; });
  return static_cast<double>(dead) / d;
}

RepresentationPanel representation_panel(const Tensor& z, const Tensor& a, const Tensor& b) {
  return {collapse_std(z), effective_rank(z), alignment(a, b), uniformity(z), dead_channels(z)};
}

}  // namespace siam
