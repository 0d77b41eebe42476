#include "simsiam/evaluation/eigenvalues.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/parallel.h"

namespace siam {

namespace {

constexpr int64_t kRows = 32;  // of a piece of parallel work

struct Tridiagonal {
  std::vector<double> diagonal, beside;  // [n] and [n-1]
};

double dot(const double* a, const double* b, int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Step k reflects row and column k beyond the diagonal onto their first element: with the reflector
// H = I - 2 v v^T / v.v the rest A' of the matrix becomes H A' H = A' - v w^T - w v^T, where
// p = 2 A' v / v.v and w = p - (p.v / v.v) v.
Tridiagonal tridiagonalize(std::vector<double>& a, int64_t n) {
  Tridiagonal t;
  std::vector<double> v(n), w(n);
  for (int64_t k = 0; k < n; ++k) {
    const int64_t m = n - k - 1;
    const double* x = a.data() + k * n + k + 1;  // row k, right of the diagonal
    t.diagonal.push_back(a[k * n + k]);
    if (m == 0) break;
    const double norm = std::sqrt(dot(x, x, m));
    const double image = m == 1 ? x[0] : x[0] > 0 ? -norm : norm;
    t.beside.push_back(image);
    if (m == 1 || norm == 0) continue;
    std::copy(x, x + m, v.begin());
    v[0] -= image;
    const double vv = dot(v.data(), v.data(), m);
    double* rest = a.data() + (k + 1) * n + k + 1;
    parallel_for(m, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) w[i] = 2 / vv * dot(rest + i * n, v.data(), m);
    });
    const double share = dot(w.data(), v.data(), m) / vv;
    for (int64_t i = 0; i < m; ++i) w[i] -= share * v[i];
    parallel_for(m, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double* row = rest + i * n;
        for (int64_t j = 0; j < m; ++j) row[j] -= v[i] * w[j] + w[i] * v[j];
      }
    });
  }
  return t;
}

// Number of eigenvalues below x: the negative pivots of T - x I.
int64_t count_below(const Tridiagonal& t, double x, double tiny) {
  int64_t count = 0;
  double pivot = 1;
  for (size_t i = 0; i < t.diagonal.size(); ++i) {
    const double e = i > 0 ? t.beside[i - 1] : 0;
    pivot = t.diagonal[i] - x - e * e / pivot;
    if (std::abs(pivot) < tiny) pivot = -tiny;
    count += pivot < 0;
  }
  return count;
}

}  // namespace

std::vector<double> symmetric_eigenvalues(std::vector<double> matrix, int64_t n) {
  const Tridiagonal t = tridiagonalize(matrix, n);
  double bound = 0;  // on all magnitudes, by Gershgorin's discs
  for (int64_t i = 0; i < n; ++i)
    bound = std::max(bound, std::abs(t.diagonal[i]) + (i > 0 ? std::abs(t.beside[i - 1]) : 0) +
                                (i + 1 < n ? std::abs(t.beside[i]) : 0));
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double tiny = std::max(kEpsilon * kEpsilon * bound, std::numeric_limits<double>::min());
  std::vector<double> eigenvalues(n);
  parallel_for(n, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      double low = -bound, high = bound;
      while (high - low > kEpsilon * bound) {
        const double middle = (low + high) / 2;
        (count_below(t, middle, tiny) > k ? high : low) = middle;
      }
      eigenvalues[k] = (low + high) / 2;
    }
  });
  return eigenvalues;
}

}  // namespace siam
