#include "simsiam/representation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "simsiam/collapse.h"
#include "simsiam/eigenvalues.h"
#include "tensor/batch_norm.h"
#include "tensor/loss.h"
#include "tensor/matmul.h"
#include "tensor/parallel.h"
#include "tensor/reduce.h"

namespace siam {

namespace {

Tensor transposed(const Tensor& z) {
  const int64_t rows = z.dim(0), d = z.dim(1);
  const Tensor result = Tensor::empty({d, rows});
  const float* from = z.data<float>();
  float* to = result.data<float>();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < d; ++j) to[j * rows + i] = from[i * d + j];
  return result;
}

// z^T z [d,d] in double: in f32 its rounding alone would fill the small singular values. Four rows
// at a time, so that the sums are not limited by loads and stores.
std::vector<double> gram(const Tensor& z) {
  const int64_t rows = z.dim(0), d = z.dim(1);
  const float* x = z.data<float>();
  const std::vector<float> zeros(d);
  std::vector<double> g(d * d);
  parallel_for(d, 8, [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < rows; r += 4) {
      const auto row = [&](int64_t i) { return r + i < rows ? x + (r + i) * d : zeros.data(); };
      const float *a = row(0), *b = row(1), *c = row(2), *e = row(3);
      for (int64_t i = begin; i < end; ++i) {
        const double ai = a[i], bi = b[i], ci = c[i], ei = e[i];
        double* sums = g.data() + i * d;
        for (int64_t j = 0; j < d; ++j) sums[j] += ai * a[j] + bi * b[j] + ci * c[j] + ei * e[j];
      }
    }
  });
  return g;
}

void check_matrix(const Tensor& z, const char* what, int64_t rows) {
  check(z.rank() == 2 && z.dtype() == DType::f32 && z.dim(0) >= rows && z.dim(1) >= 1,
        "{}: {} {}; an f32 matrix [rows,d] of {} or more rows is needed; give it one row per image",
        what, z.dtype(), z.shape(), rows);
}

}  // namespace

double effective_rank(const Tensor& z) {
  check_matrix(z, "effective rank", 1);
  if (!all_finite(z)) return std::numeric_limits<double>::quiet_NaN();
  // Z Z^T has the same eigenvalues but for zeros.
  const Tensor host = z.to(Device::cpu);
  const Tensor narrow = z.dim(0) < z.dim(1) ? transposed(host) : host;
  const int64_t n = narrow.dim(1);
  std::vector<double> values = symmetric_eigenvalues(gram(narrow), n);
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
