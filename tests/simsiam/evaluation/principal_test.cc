// Clouds of points with known principal components.

#include "simsiam/evaluation/principal.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "simsiam/evaluation/eigenvalues.h"
#include "tensor/parallel.h"
#include "tensor/philox.h"

namespace siam {

namespace {

Tensor normal_matrix(int64_t rows, int64_t columns) {
  Random random(11, Purpose::test);
  Tensor x = Tensor::empty({rows, columns});
  for (float& value : x.span<float>()) value = normal(random);
  return x;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// |A v - value v| and v_i . v_j, to within a few times n = 60 times 2^-52 of the largest
// eigenvalue.
void check_eigenvectors(const std::vector<double>& matrix, int64_t n, double largest,
                        const std::vector<double>& values) {
  const auto vectors = symmetric_eigenvectors(matrix, n, values);
  REQUIRE(vectors.size() == values.size());
  for (size_t v = 0; v < vectors.size(); ++v) {
    for (int64_t i = 0; i < n; ++i) {
      double product = 0;
      for (int64_t j = 0; j < n; ++j) product += matrix[i * n + j] * vectors[v][j];
      CHECK(std::abs(product - values[v] * vectors[v][i]) <= 1e-12 * largest);
    }
    for (size_t w = 0; w <= v; ++w)
      CHECK(dot(vectors[v], vectors[w]) == doctest::Approx(v == w).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("eigenvectors: of close, repeated and zero eigenvalues, and of zeros") {
  check_eigenvectors({2, 1, 1, 2}, 2, 3, {3, 1});
  check_eigenvectors({0, 0, 0, 0}, 2, 0, {0, 0});
  check_eigenvectors({5, 0, 0, 0, 5, 0, 0, 0, 1}, 3, 5, {5, 5, 1});
  check_eigenvectors({1e-30, 0, 0, 3e-30}, 2, 3e-30, {3e-30, 1e-30});
  constexpr int64_t kN = 60;  // a Gram matrix of normal rows: many close eigenvalues
  const Tensor x = normal_matrix(80, kN);
  std::vector<double> gram(kN * kN);
  for (int64_t r = 0; r < 80; ++r)
    for (int64_t i = 0; i < kN; ++i)
      for (int64_t j = 0; j < kN; ++j)
        gram[i * kN + j] += double{x.data<float>()[r * kN + i]} * x.data<float>()[r * kN + j];
  const std::vector<double> values = symmetric_eigenvalues(gram, kN);
  check_eigenvectors(gram, kN, values.back(), {values.rbegin(), values.rend()});
}

// Two orthogonal directions in a plane, and a mean that does not matter.
TEST_CASE("principal components of a cross: its arms, the longer one first") {
  const Tensor x = Tensor::from<float>({4, 3}, {7 + 3, 1 + 4, 2, 7 - 3, 1 - 4, 2,  //
                                                7 - 2.4f, 1 + 1.8f, 2, 7 + 2.4f, 1 - 1.8f, 2});
  const PrincipalComponents cloud = principal_components(x);
  REQUIRE(cloud.deviations.size() == 3);
  CHECK(cloud.deviations[0] == doctest::Approx(std::sqrt(2 * 25 / 3.0)));
  CHECK(cloud.deviations[1] == doctest::Approx(std::sqrt(2 * 9 / 3.0)));
  CHECK(cloud.deviations[2] == 0);
  CHECK(cloud.variance() == doctest::Approx(2 * (25 + 9) / 3.0));
  CHECK(cloud.shown() == doctest::Approx(1));
  // f32 rounds the rows, so their coordinates are accurate to 1e-6 of the arms.
  const double expected[][2] = {{5, 0}, {-5, 0}, {0, 3}, {0, -3}};
  const double sign = cloud.points[2][1] > 0 ? 1 : -1;  // the sign of a direction is arbitrary
  for (int i = 0; i < 4; ++i) {
    CHECK(std::abs(cloud.points[i][0] - expected[i][0]) < 5e-6);
    CHECK(std::abs(sign * cloud.points[i][1] - expected[i][1]) < 5e-6);
  }
}

TEST_CASE("principal components: a wide matrix and the same with columns of zeros agree") {
  const Tensor tall = normal_matrix(30, 8);
  Tensor wide = Tensor::zeros({30, 50});
  for (int64_t i = 0; i < 30; ++i)
    for (int64_t j = 0; j < 8; ++j)
      wide.data<float>()[i * 50 + 5 * j] = tall.data<float>()[i * 8 + j];
  const PrincipalComponents a = principal_components(tall), b = principal_components(wide);
  CHECK(a.deviations.size() == 8);
  REQUIRE(b.deviations.size() == 30);
  for (size_t i = 0; i < 30; ++i)
    CHECK(b.deviations[i] == doctest::Approx(i < 8 ? a.deviations[i] : 0).epsilon(1e-9));
  for (size_t i = 0; i < 30; ++i)
    for (size_t c = 0; c < 2; ++c)
      CHECK(std::abs(a.points[i][c]) == doctest::Approx(std::abs(b.points[i][c])).epsilon(1e-6));
  double square = 0;  // along the first direction: the variance there
  for (const auto& point : a.points) square += point[0] * point[0] / 29;
  CHECK(square == doctest::Approx(a.deviations[0] * a.deviations[0]));
}

TEST_CASE("principal components of one point: nothing, and the same bits on any threads") {
  Tensor same = Tensor::empty({20, 6});
  for (int64_t i = 0; i < same.numel(); ++i)
    same.data<float>()[i] = 0.1f * static_cast<float>(i % 6);
  const PrincipalComponents cloud = principal_components(same);
  CHECK(cloud.variance() == 0);
  CHECK(cloud.shown() == 0);
  CHECK(cloud.points[7] == std::array<double, 2>{0, 0});
  const Tensor x = normal_matrix(90, 70);
  set_threads(1);
  const PrincipalComponents one = principal_components(x);
  set_threads(0);
  const PrincipalComponents all = principal_components(x);
  CHECK(one.points == all.points);
  CHECK(one.deviations == all.deviations);
  CHECK_THROWS_AS(principal_components(Tensor::zeros({1, 4})), Error);
  CHECK_THROWS_AS(principal_components(Tensor::zeros({4, 1})), Error);
}

}  // namespace siam
