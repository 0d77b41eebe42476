#include "simsiam/evaluation/principal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simsiam/evaluation/eigenvalues.h"
#include "simsiam/evaluation/gram.h"

namespace siam {

namespace {

// The rows minus their mean, which is computed in double; also the largest magnitude of an element.
Tensor centred(const Tensor& x, double& largest) {
  const int64_t rows = x.dim(0), d = x.dim(1);
  const Tensor result = Tensor::empty({rows, d});
  const float* from = x.data<float>();
  largest = 0;
  for (int64_t j = 0; j < d; ++j) {
    double mean = 0;
    for (int64_t i = 0; i < rows; ++i) mean += from[i * d + j] / static_cast<double>(rows);
    for (int64_t i = 0; i < rows; ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(from[i * d + j])));
      result.data<float>()[i * d + j] = static_cast<float>(from[i * d + j] - mean);
    }
  }
  return result;
}

}  // namespace

double PrincipalComponents::variance() const {
  double sum = 0;
  for (const double deviation : deviations) sum += deviation * deviation;
  return sum;
}

double PrincipalComponents::shown() const {
  const double all = variance();
  return all == 0 ? 0 : (deviations[0] * deviations[0] + deviations[1] * deviations[1]) / all;
}

// With X = U S V^T the points are X V = U S. V are the eigenvectors of X^T X, U those of X X^T: the
// smaller of the two matrices is used.
PrincipalComponents principal_components(const Tensor& rows) {
  check(rows.rank() == 2 && rows.dtype() == DType::f32 && rows.dim(0) >= 2 && rows.dim(1) >= 2,
        "principal components: {} {}; an f32 matrix [rows,d] of two rows and two columns or more "
        "is needed; give it a row per image",
        rows.dtype(), rows.shape());
  double largest = 0;
  const Tensor x = centred(rows.to(Device::cpu), largest);
  const int64_t count = x.dim(0), d = x.dim(1), n = std::min(count, d);
  const std::vector<double> gram = smaller_gram(x);
  std::vector<double> values = symmetric_eigenvalues(gram, n);
  std::reverse(values.begin(), values.end());
  // f32 has rounded every element by up to this, so equal rows become a small cloud of noise.
  const double rounding = largest * std::numeric_limits<float>::epsilon() / 2;
  const double noise = rounding * rounding * static_cast<double>(std::max(count, d));
  for (double& value : values) value = value > noise ? value : 0;

  PrincipalComponents result;
  for (const double value : values)
    result.deviations.push_back(std::sqrt(value / static_cast<double>(count - 1)));
  result.points.resize(count);
  const auto vectors = symmetric_eigenvectors(gram, n, std::span(values).first(2));
  for (size_t c = 0; c < 2; ++c)
    for (int64_t i = 0; i < count; ++i) {
      double& point = result.points[i][c];
      if (values[c] == 0) {
        point = 0;
      } else if (count < d) {
        point = vectors[c][i] * std::sqrt(values[c]);
      } else {
        for (int64_t j = 0; j < d; ++j) point += x.data<float>()[i * d + j] * vectors[c][j];
      }
    }
  return result;
}

}  // namespace siam
