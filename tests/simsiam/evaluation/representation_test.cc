// The collapse panel against closed forms.

#include "simsiam/evaluation/representation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "simsiam/evaluation/eigenvalues.h"
#include "tensor/parallel.h"
#include "tensor/philox.h"

namespace siam {

namespace {

constexpr double kPi = std::numbers::pi;

Tensor normal_matrix(int64_t rows, int64_t columns) {
  Random random(7, Purpose::test);
  Tensor x = Tensor::empty({rows, columns});
  for (float& value : x.span<float>()) value = normal(random);
  return x;
}

Tensor circle(int64_t points, double lengths) {
  Tensor x = Tensor::empty({points, 2});
  for (int64_t i = 0; i < points; ++i) {
    const double angle = 2 * kPi * static_cast<double>(i) / static_cast<double>(points);
    x.data<float>()[2 * i] = static_cast<float>(lengths * std::cos(angle));
    x.data<float>()[2 * i + 1] = static_cast<float>(lengths * std::sin(angle));
  }
  return x;
}

// H diag(values) H with the reflector H = I - 2 u u^T / u.u: full, with known eigenvalues.
std::vector<double> reflected(const std::vector<double>& values) {
  const size_t n = values.size();
  std::vector<double> u(n), h(n * n), a(n * n);
  double uu = 0;
  for (size_t i = 0; i < n; ++i) uu += (u[i] = 1 + std::sin(3.0 * static_cast<double>(i))) * u[i];
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) h[i * n + j] = (i == j) - 2 * u[i] * u[j] / uu;
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      for (size_t k = 0; k < n; ++k) a[i * n + j] += h[i * n + k] * values[k] * h[k * n + j];
  return a;
}

// 1e-13 of the largest: n, at most 100, times 2^-52, with a margin of five.
void check_eigenvalues(const std::vector<double>& matrix, std::vector<double> expected) {
  std::sort(expected.begin(), expected.end());
  const std::vector<double> seen =
      symmetric_eigenvalues(matrix, static_cast<int64_t>(expected.size()));
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  REQUIRE(seen.size() == expected.size());
  for (size_t i = 0; i < seen.size(); ++i)
    CHECK(std::abs(seen[i] - expected[i]) <= 1e-13 * largest);
}

}  // namespace

TEST_CASE("eigenvalues: full matrices, repeated and zero values, second differences") {
  check_eigenvalues({5}, {5});
  check_eigenvalues({2, 1, 1, 2}, {1, 3});
  check_eigenvalues({0, 0, 0, 0}, {0, 0});
  const std::vector<double> mixed = {4, -3, 4, 1e-9, 0, 1e6, 4, 7.25, -1e5};
  check_eigenvalues(reflected(mixed), mixed);
  std::vector<double> many(100);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i * i % 37);
  check_eigenvalues(reflected(many), many);
  constexpr int kN = 50;
  std::vector<double> differences(kN * kN), expected;
  for (int i = 0; i < kN; ++i) {
    differences[i * kN + i] = 2;
    if (i > 0) differences[i * kN + i - 1] = differences[(i - 1) * kN + i] = -1;
    expected.push_back(2 - 2 * std::cos(kPi * (i + 1) / (kN + 1)));
  }
  check_eigenvalues(differences, expected);
  set_threads(1);
  const std::vector<double> one = symmetric_eigenvalues(reflected(many), 100);
  set_threads(0);
  CHECK(one == symmetric_eigenvalues(reflected(many), 100));
}

// The inputs are exact in f32, the arithmetic is double.
TEST_CASE("effective rank of matrices with known singular values") {
  CHECK(effective_rank(Tensor::from<float>({2, 2}, {1, 0, 0, 1})) == doctest::Approx(2));
  // s = 3, 1: exp(-(3/4 log 3/4 + 1/4 log 1/4)).
  const double expected = std::exp(-(0.75 * std::log(0.75) + 0.25 * std::log(0.25)));
  CHECK(effective_rank(Tensor::from<float>({2, 2}, {3, 0, 0, 1})) == doctest::Approx(expected));
  CHECK(effective_rank(Tensor::from<float>({3, 2}, {0, 3, 0, 0, 1, 0})) ==
        doctest::Approx(expected));  // tall
  CHECK(effective_rank(Tensor::from<float>({2, 4}, {0, 3, 0, 0, 0, 0, 0, 1})) ==
        doctest::Approx(expected));  // wide
  CHECK(effective_rank(Tensor::zeros({5, 3})) == 0);
  Tensor same = Tensor::empty({300, 40});  // one direction, lengths that differ
  for (int64_t i = 0; i < same.numel(); ++i)
    same.data<float>()[i] = static_cast<float>((1 + i / 40) * (1 + i % 40));
  CHECK(effective_rank(same) == doctest::Approx(1).epsilon(1e-9));
}

// Singular values of a 4,000 x 40 normal matrix lie within 10 % of each other's mean (edges at
// sqrt(4,000) +- sqrt(40)), so the entropy is below log 40 by about half their relative variance,
// 40 / 4,000 / 4 / 2 = 0.00125.
TEST_CASE("effective rank of isotropic directions is close to d, and ignores scale") {
  const Tensor x = normal_matrix(4000, 40);
  const double rank = effective_rank(x);
  CHECK(rank < 40);
  CHECK(rank > 40 * (1 - 0.0025));
  Tensor scaled = x.clone();
  for (float& value : scaled.span<float>()) value *= 0x1p-20f;
  CHECK(effective_rank(scaled) == doctest::Approx(rank).epsilon(1e-12));
}

TEST_CASE("alignment: 0 for equal directions, 2 for right angles, 4 for opposite ones") {
  const Tensor a = Tensor::from<float>({2, 2}, {3, 0, 0, 2});
  const auto to = [&](std::initializer_list<float> b) {
    return alignment(a, Tensor::from<float>({2, 2}, b));
  };
  CHECK(to({1, 0, 0, 7}) == doctest::Approx(0));
  CHECK(to({0, 1, -4, 0}) == doctest::Approx(2));
  CHECK(to({-1, 0, 0, -1}) == doctest::Approx(4));
  CHECK(to({1, 0, 0, -1}) == doctest::Approx(2));
}

// On the circle the mean over all pairs, a point with itself included, is exp(-4) I_0(4) except for
// terms like I_m(4) with m points, far below 1e-16 here. Cosines are f32: 1e-6.
TEST_CASE("uniformity of points spread over the circle, and of one point") {
  constexpr int64_t kPoints = 600;  // more than two blocks of rows
  const double all = std::exp(-4.0) * std::cyl_bessel_i(0, 4.0);
  const double distinct = (kPoints * all - 1) / (kPoints - 1);
  CHECK(uniformity(circle(kPoints, 3)) == doctest::Approx(std::log(distinct)).epsilon(1e-6));
  CHECK(uniformity(Tensor::full({10, 4}, 2)) == doctest::Approx(0));
  CHECK(uniformity(Tensor::from<float>({2, 1}, {1, -1})) == doctest::Approx(-8));
}

TEST_CASE("dead channels: constants, and what varies a hundred times less than the others") {
  Tensor x = normal_matrix(500, 10);
  CHECK(dead_channels(x) == 0);
  for (int64_t i = 0; i < 500; ++i) {
    float* row = x.data<float>() + i * 10;
    row[2] = 0;
    row[5] = 1234.5f;
    row[7] *= 1e-3f;
    row[8] *= 0.1f;
  }
  CHECK(dead_channels(x) == doctest::Approx(0.3));
  CHECK(dead_channels(Tensor::full({10, 4}, 0.3)) == 1);
  CHECK(dead_channels(Tensor::zeros({10, 4})) == 1);
}

TEST_CASE("a matrix that is none is refused") {
  CHECK_THROWS_AS(uniformity(Tensor::zeros({1, 4})), Error);
  CHECK_THROWS_AS(effective_rank(Tensor::zeros({4})), Error);
  CHECK(std::isnan(effective_rank(Tensor::full({2, 2}, std::nan("")))));
}

}  // namespace siam
