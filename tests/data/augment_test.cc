#include "data/augment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "data/color_math.h"
#include "data/resize.h"
#include "data/weighted_lines.h"

namespace siam {

namespace {

using augment_math::Rgb;

Image noise(int height, int width) {
  auto pixels = std::make_shared<std::vector<uint8_t>>(height * width * 3);
  Random random(4, Purpose::test);
  for (uint8_t& pixel : *pixels) pixel = static_cast<uint8_t>(random.bits());
  return {height, width, pixels->data(), pixels};
}

// The triangle filter in double, straight from its definition (PIL's BILINEAR): weights 1 -
// |distance| / support with support max(scale, 1), cut off at the border and renormalised.
double resized(const Image& image, int top, int left, int height, int width, int out_height,
               int out_width, int y, int x, int c) {
  auto weight = [](int in, int out, int i, int j) {
    const double scale = static_cast<double>(in) / out, support = std::max(scale, 1.0);
    return std::max(0.0, 1 - std::abs((j + 0.5 - (i + 0.5) * scale) / support));
  };
  double sum = 0, total = 0;
  for (int r = 0; r < height; ++r)
    for (int s = 0; s < width; ++s) {
      const double w = weight(height, out_height, y, r) * weight(width, out_width, x, s);
      sum += w * image.pixels[((top + r) * image.width + left + s) * 3 + c] / 255.0;
      total += w;
    }
  return sum / total;
}

}  // namespace

// f32 sums of at most a few hundred products of numbers up to 1: errors of a few 1e-7.
TEST_CASE("resize is the antialiased triangle filter, enlarging and shrinking") {
  const Image image = noise(23, 31);
  struct Case {
    int top, left, height, width, out_height, out_width;
  };
  for (const Case& c : {Case{0, 0, 23, 31, 23, 31},
                        {3, 5, 7, 9, 16, 20},
                        {0, 0, 23, 31, 5, 8},
                        {2, 1, 20, 29, 20, 7},
                        {22, 30, 1, 1, 6, 6},
                        {0, 3, 23, 2, 1, 1}}) {
    std::vector<float> out(c.out_height * c.out_width * 3);
    resize_crop(image, {c.top, c.height, c.out_height, 0, c.out_height},
                {c.left, c.width, c.out_width, 0, c.out_width}, out.data());
    for (int y = 0; y < c.out_height; ++y)
      for (int x = 0; x < c.out_width; ++x)
        for (int channel = 0; channel < 3; ++channel)
          CHECK(out[(y * c.out_width + x) * 3 + channel] ==
                doctest::Approx(resized(image, c.top, c.left, c.height, c.width, c.out_height,
                                        c.out_width, y, x, channel))
                    .epsilon(2e-6));
  }
}

TEST_CASE_TEMPLATE("a weighted sum of lines is the plain loop's, whole vectors and the rest", T,
                   float, uint8_t) {
  Random random(5, Purpose::test);
  for (int number : {1, 2, 7, 8, 9, 17})
    for (int count : {1, 7, 8, 37}) {
      std::vector<float> weights(number), sums(count);
      std::vector<T> values(number + count);
      for (float& weight : weights) weight = random.uniform();
      for (T& value : values) value = static_cast<T>(random.uniform(0, 255));
      std::vector<const T*> lines(number);
      for (int t = 0; t < number; ++t) lines[t] = &values[t];
      weighted_sum(sums.data(), count, weights.data(), lines.data(), number);
      for (int i = 0; i < count; ++i) {
        double expected = 0;
        for (int t = 0; t < number; ++t) expected += double{weights[t]} * values[t + i];
        CHECK(sums[i] == doctest::Approx(expected).epsilon(2e-6));
      }
    }
}

TEST_CASE("parameters that change nothing return the image, normalised") {
  const Image image = noise(12, 12);
  AugmentConfig config;
  config.size = 12;
  AugmentParameters identity;
  identity.height = identity.width = identity.grid_height = identity.grid_width = 12;
  identity.jitter = true;
  std::vector<float> out(12 * 12 * 3);
  augment(image, config, identity, out.data());
  for (int i = 0; i < 12 * 12 * 3; ++i)
    CHECK(out[i] * config.deviation[i % 3] + config.mean[i % 3] ==
          doctest::Approx(image.pixels[i] / 255.0).epsilon(1e-5));
  identity.flip = true;
  std::vector<float> flipped(out.size());
  augment(image, config, identity, flipped.data());
  for (int y = 0; y < 12; ++y)
    for (int x = 0; x < 12; ++x) CHECK(flipped[(y * 12 + x) * 3] == out[(y * 12 + 11 - x) * 3]);
}

// The textbook conversions to HSV and back, in double.
TEST_CASE("shift_hue agrees with the textbook conversion") {
  Random random(2, Purpose::test);
  for (int i = 0; i < 2000; ++i) {
    const double c[3] = {random.uniform(), random.uniform(), random.uniform()};
    const float shift = random.uniform(-0.5f, 0.5f);
    const double high = std::max({c[0], c[1], c[2]}), low = std::min({c[0], c[1], c[2]});
    const double chroma = high - low;
    double h = high == c[0]   ? std::fmod((c[1] - c[2]) / chroma + 6, 6)
               : high == c[1] ? (c[2] - c[0]) / chroma + 2
                              : (c[0] - c[1]) / chroma + 4;
    h = std::fmod(h + 6.0 * shift + 6, 6);
    const double x = chroma * (1 - std::abs(std::fmod(h, 2) - 1));
    const double table[6][3] = {{chroma, x, 0}, {x, chroma, 0}, {0, chroma, x},
                                {0, x, chroma}, {x, 0, chroma}, {chroma, 0, x}};
    const double* expected = table[std::min(5, static_cast<int>(h))];
    const Rgb got = augment_math::shift_hue(
        {static_cast<float>(c[0]), static_cast<float>(c[1]), static_cast<float>(c[2])}, shift);
    // The hue carries f32 errors of (6 + chroma) / chroma units of 6e-8, times chroma again.
    CHECK(std::abs(got.r - (expected[0] + low)) < 3e-6);
    CHECK(std::abs(got.g - (expected[1] + low)) < 3e-6);
    CHECK(std::abs(got.b - (expected[2] + low)) < 3e-6);
  }
}

TEST_CASE("exp_small is exp") {
  for (double x = -0.5; x <= 0.5; x += 0.001)
    CHECK(
        std::abs(augment_math::exp_small(static_cast<float>(x)) / std::exp(static_cast<float>(x)) -
                 1) < 2.5e-7);  // two ulp
}

// 20,000 draws: a proportion has a standard error of at most 0.0035; bounds are four of them.
TEST_CASE("draws have the distribution of the recipe") {
  AugmentConfig config;
  constexpr int kDraws = 20000, kSide = 100;
  int jitter = 0, gray = 0, blur = 0, flip = 0, first[4] = {};
  double area = 0;
  for (int i = 0; i < kDraws; ++i) {
    Random random(9, Purpose::augment, 0, static_cast<uint32_t>(i), 1);
    const AugmentParameters p = augment_math::draw(config, kSide, kSide, random);
    REQUIRE(p.top >= 0);
    REQUIRE(p.left >= 0);
    REQUIRE(p.top + p.height <= kSide);
    REQUIRE(p.left + p.width <= kSide);
    const double aspect = static_cast<double>(p.width) / p.height;
    REQUIRE(aspect > 0.75 * 0.97);  // rounded to pixels: at most one in 38
    REQUIRE(aspect < 4.0 / 3 * 1.03);
    REQUIRE(p.height * p.width >= 0.19 * kSide * kSide);
    area += p.height * p.width / (kDraws * 1.0 * kSide * kSide);
    jitter += p.jitter;
    gray += p.gray;
    blur += p.blur;
    flip += p.flip;
    ++first[static_cast<int>(p.order[0])];
  }
  auto share = [](int count) { return static_cast<double>(count) / kDraws; };
  CHECK(std::abs(share(jitter) - 0.8) < 0.014);
  CHECK(std::abs(share(gray) - 0.2) < 0.014);
  CHECK(std::abs(share(blur) - 0.5) < 0.014);
  CHECK(std::abs(share(flip) - 0.5) < 0.014);
  for (int count : first) CHECK(std::abs(share(count) - 0.25) < 0.014);
  CHECK(area > 0.5);  // 0.6 minus the large crops of extreme aspect that do not fit
  CHECK(area < 0.6);
}

TEST_CASE("images of any aspect have a crop") {
  AugmentConfig config;
  for (auto [height, width] : {std::pair{1, 1000}, {1000, 1}, {3, 500}, {1, 1}, {2, 3}}) {
    for (uint32_t i = 0; i < 50; ++i) {
      Random random(1, Purpose::augment, i);
      const AugmentParameters p = augment_math::draw(config, height, width, random);
      CHECK(p.height >= 1);
      CHECK(p.width >= 1);
      CHECK(p.top >= 0);
      CHECK(p.left >= 0);
      CHECK(p.top + p.height <= height);
      CHECK(p.left + p.width <= width);
    }
  }
}

TEST_CASE("the Gaussian blur keeps a constant and spreads a point by its deviation") {
  constexpr int kSize = 31;
  auto pixels = std::make_shared<std::vector<uint8_t>>(kSize * kSize * 3, 0);
  for (int c = 0; c < 3; ++c) (*pixels)[(15 * kSize + 15) * 3 + c] = 255;
  AugmentConfig config;
  config.size = kSize;
  for (int c = 0; c < 3; ++c) config.mean[c] = 0, config.deviation[c] = 1;
  AugmentParameters p;
  p.height = p.width = p.grid_height = p.grid_width = kSize;
  p.blur = true;
  p.sigma = 2;
  std::vector<float> out(kSize * kSize * 3);
  augment({kSize, kSize, pixels->data(), pixels}, config, p, out.data());
  double sum = 0, variance = 0;
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      sum += out[(y * kSize + x) * 3];
      variance += out[(y * kSize + x) * 3] * (x - 15) * (x - 15);
    }
  CHECK(sum == doctest::Approx(1).epsilon(1e-5));
  CHECK(std::sqrt(variance) ==
        doctest::Approx(2).epsilon(0.02));  // cut off at three deviations: 1.3 % less
}

}  // namespace siam
