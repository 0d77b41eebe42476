#include <algorithm>
#include <cmath>
#include <limits>

#include "simsiam/evaluation/eigenvalues.h"

namespace siam {

namespace {

// A = P L U, by rows, with partial pivoting.
struct Factors {
  std::vector<double> lu;  // [n,n]: U, and below it L without its diagonal of ones
  std::vector<int64_t> pivots;
};

// Smaller pivots become `tiny`: the matrix is singular up to rounding, and the solution of its
// equations grows along the eigenvector.
Factors factorize(std::vector<double> a, int64_t n, double tiny) {
  Factors f{std::move(a), std::vector<int64_t>(n)};
  const auto row = [&](int64_t i) { return f.lu.data() + i * n; };
  for (int64_t k = 0; k < n; ++k) {
    int64_t& pivot = f.pivots[k];
    pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(row(i)[k]) > std::abs(row(pivot)[k])) pivot = i;
    if (pivot != k) std::swap_ranges(row(k), row(k) + n, row(pivot));
    if (std::abs(row(k)[k]) < tiny) row(k)[k] = tiny;
    for (int64_t i = k + 1; i < n; ++i) {
      const double factor = row(i)[k] /= row(k)[k];
      for (int64_t j = k + 1; j < n; ++j) row(i)[j] -= factor * row(k)[j];
    }
  }
  return f;
}

void solve(const Factors& f, std::vector<double>& x) {
  const int64_t n = std::ssize(x);
  for (int64_t k = 0; k < n; ++k) std::swap(x[k], x[f.pivots[k]]);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j) x[i] -= f.lu[i * n + j] * x[j];
  for (int64_t i = n - 1; i >= 0; --i) {
    for (int64_t j = i + 1; j < n; ++j) x[i] -= f.lu[i * n + j] * x[j];
    x[i] /= f.lu[i * n + i];
  }
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// The element of largest magnitude.
double largest(const std::vector<double>& x) {
  return *std::max_element(x.begin(), x.end(),
                           [](double a, double b) { return std::abs(a) < std::abs(b); });
}

// Scales x to unit length and removes its components along the others, twice because of rounding.
void orthonormalize(std::vector<double>& x, const std::vector<std::vector<double>>& others) {
  const auto scale = [&] {
    const double magnitude = std::abs(largest(x));
    for (double& each : x) each /= magnitude;
    const double norm = std::sqrt(dot(x, x));
    for (double& each : x) each /= norm;
  };
  scale();
  for (int i = 0; i < 2; ++i) {
    for (const auto& other : others) {
      const double share = dot(x, other);
      for (size_t j = 0; j < x.size(); ++j) x[j] -= share * other[j];
    }
    scale();
  }
}

}  // namespace

std::vector<std::vector<double>> symmetric_eigenvectors(const std::vector<double>& matrix,
                                                        int64_t n,
                                                        std::span<const double> eigenvalues) {
  constexpr int kIterations = 4;  // each divides the error by the gap between eigenvalues
  double bound = 1e-280;          // of the row sums; for a zero matrix this keeps quotients finite
  for (int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < n; ++j) sum += std::abs(matrix[i * n + j]);
    bound = std::max(bound, sum);
  }
  std::vector<std::vector<double>> vectors;
  for (const double value : eigenvalues) {
    std::vector<double> shifted = matrix;
    for (int64_t i = 0; i < n; ++i) shifted[i * n + i] -= value;
    const Factors factors =
        factorize(std::move(shifted), n, bound * std::numeric_limits<double>::epsilon());
    // Without any symmetry, so that it has a component along every eigenvector; different for each
    // vector.
    std::vector<double> x(n);
    for (int64_t i = 0; i < n; ++i)
      x[i] = 1 + std::sin(static_cast<double>((i + 1) * (i + 1 + std::ssize(vectors))));
    for (int i = 0; i < kIterations; ++i) {
      solve(factors, x);
      orthonormalize(x, vectors);
    }
    if (largest(x) < 0)
      for (double& each : x) each = -each;
    vectors.push_back(std::move(x));
  }
  return vectors;
}

}  // namespace siam
