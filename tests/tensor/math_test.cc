// The formulas that all kernels share, in double: each derivative against central differences of
// its function, each merge against adding the same elements one by one. With h = 1e-6 and values of
// order 1, truncation is about h^2 = 1e-12 and rounding 1e-16 / h = 1e-10.

#include "tensor/math.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "tensor/philox.h"

namespace siam::math {

namespace {

using Vector = std::vector<double>;

constexpr double kTolerance = 1e-8;

Vector normals(int count, uint32_t stream) {
  Random random(21, Purpose::test, stream);
  Vector values(count);
  for (double& value : values) value = normal(random);
  return values;
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void check_gradient(const std::function<double(const Vector&)>& f, Vector x,
                    const std::function<double(size_t)>& derivative) {
  constexpr double h = 1e-6;
  for (size_t i = 0; i < x.size(); ++i) {
    const double x0 = x[i];
    x[i] = x0 + h;
    const double up = f(x);
    x[i] = x0 - h;
    const double down = f(x);
    x[i] = x0;
    CAPTURE(i);
    CHECK(std::abs(derivative(i) - (up - down) / (2 * h)) < kTolerance);
  }
}

template <class M>
M collect(const Vector& values) {
  M moments;
  for (double value : values) moments.add(value);
  return moments;
}

}  // namespace

TEST_CASE("ReluGrad is the derivative of Relu, 0 at 0, and NaN passes") {
  const Vector x = {-2, -0.5, 0.25, 3};
  const auto f = [](const Vector& v) {
    double sum = 0;
    for (double value : v) sum += 1.5 * Relu()(value);
    return sum;
  };
  check_gradient(f, x, [&](size_t i) { return ReluGrad()(1.5, Relu()(x[i])); });
  CHECK(ReluGrad()(1.5, 0.0) == 0);
  CHECK(std::isnan(Relu()(std::nan(""))));
}

TEST_CASE("NormalizationGrad is the derivative through the rows' own statistics") {
  constexpr double kEps = 1e-3, kGamma = 1.3, kBeta = -0.4;
  const Vector x = normals(7, 1), dy = normals(7, 2);
  const auto affine = [&](const Vector& rows) {
    const auto moments = collect<Moments<double>>(rows);
    return std::pair{moments.mean, 1 / std::sqrt(moments.m2 / moments.count + kEps)};
  };
  const auto f = [&](const Vector& rows) {
    const auto [mean, inverse_deviation] = affine(rows);
    const auto map = normalization(mean, inverse_deviation, kGamma, kBeta);
    double sum = 0;
    for (size_t i = 0; i < rows.size(); ++i) sum += dy[i] * map(rows[i]);
    return sum;
  };
  const auto [mean, inverse_deviation] = affine(x);
  NormalizationGrad<double> grad{mean, inverse_deviation, kGamma * inverse_deviation, 0, 0};
  const double rows = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    grad.mean_dy += dy[i] / rows;
    grad.mean_dy_xhat += dy[i] * grad.xhat(x[i]) / rows;
  }
  check_gradient(f, x, [&](size_t i) { return grad(dy[i], x[i]); });
  for (size_t i = 0; i < x.size(); ++i)  // 1e-12: four roundings of numbers around 1
    CHECK(grad.scale * dy[i] + grad.of_x() * x[i] + grad.constant() ==
          doctest::Approx(grad(dy[i], x[i])).epsilon(1e-12));
}

TEST_CASE("mean_variance of shifted numbers is that of Moments") {
  Vector x = normals(1000, 8);
  for (double& value : x) value = 50 + 0.5 * value;  // a mean of a hundred deviations
  const auto moments = collect<Moments<double>>(x);
  const double shift = x.front(), count = static_cast<double>(x.size());
  float sum = 0, squares = 0;
  for (const double value : x) {
    const float d = static_cast<float>(value - shift);
    sum += d;
    squares += d * d;
  }
  const auto [mean, variance] = mean_variance(sum, squares, static_cast<float>(count));
  // Sums of a thousand f32 numbers of about one deviation: 1000 x 2^-24 at worst.
  CHECK(shift + mean == doctest::Approx(moments.mean).epsilon(1e-5));
  CHECK(variance == doctest::Approx(moments.m2 / count).epsilon(1e-4));
  CHECK(mean_variance(3.0f, 2.9999f, 3.0f).variance == 0);  // rounding would go below zero
}

TEST_CASE("CosineGrad is the derivative of the cosine that CosineDots give, and of a unit vector") {
  const Vector p = normals(9, 3), z = normals(9, 4);
  const auto dots = [&](const Vector& v) {
    CosineDots<double> sums;
    for (size_t i = 0; i < v.size(); ++i) sums.add(v[i], z[i]);
    return sums;
  };
  const auto cosine = [&](const Vector& v) {
    const auto sums = dots(v);
    CHECK(sums.cosine() == doctest::Approx(sums.pz / std::sqrt(sums.pp * sums.zz)));
    return sums.cosine();
  };
  const CosineGrad<double> grad = dots(p).grad(1);
  check_gradient(cosine, p, [&](size_t i) { return grad(p[i], z[i]); });
  const CosineGrad<double> unit = dots(p).normalize_grad();
  check_gradient([&](const Vector& v) { return dots(v).pz / std::sqrt(dots(v).pp); }, p,
                 [&](size_t i) { return unit(p[i], z[i]); });
}

TEST_CASE("SoftmaxGrad is the derivative of softmax") {
  const Vector x = normals(6, 5), dy = normals(6, 6);
  const auto softmax = [](const Vector& v) {
    Vector y;
    double sum = 0;
    for (double value : v) y.push_back(std::exp(value)), sum += y.back();
    for (double& value : y) value /= sum;
    return y;
  };
  const Vector y = softmax(x);
  check_gradient([&](const Vector& v) { return dot(dy, softmax(v)); }, x,
                 [&](size_t i) { return SoftmaxGrad()(dy[i], y[i], dot(dy, y)); });
}

// The mean far from 0 shows what a difference of squares would lose: 1e6^2 carries errors of 1e-4.
TEST_CASE("moments merge as if their elements had been added one by one") {
  Vector all = normals(50, 7);
  for (double& value : all) value += 1e6;
  double mean = 0, m2 = 0;
  for (double value : all) mean += (value - 1e6) / 50;
  for (double value : all) m2 += (value - 1e6 - mean) * (value - 1e6 - mean);
  for (int split : {0, 1, 20, 50}) {
    CAPTURE(split);
    auto left = collect<Moments<double>>({all.begin(), all.begin() + split});
    left.merge(collect<Moments<double>>({all.begin() + split, all.end()}));
    CHECK(left.count == 50);
    CHECK(std::abs(left.mean - 1e6 - mean) < 1e-8);
    CHECK(std::abs(left.m2 - m2) < 1e-7);
  }
}

TEST_CASE("cosine dots merge as if their elements had been added one by one") {
  CosineDots<double> whole, left, right;
  for (int i = 0; i < 10; ++i) {
    const double p = i - 4, z = 2 * i - 7;  // small integers: exact in any order
    whole.add(p, z);
    (i < 3 ? left : right).add(p, z);
  }
  left.merge(right);
  CHECK(left.pp == whole.pp);
  CHECK(left.zz == whole.zz);
  CHECK(left.pz == whole.pz);
}

}  // namespace siam::math
