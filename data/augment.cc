#include "data/augment.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "data/color_math.h"
#include "data/filter_math.h"
#include "data/resize.h"

namespace siam {

namespace {

using augment_math::Rgb;

// Blocks of pixels as three planes, which compilers make vectors of.
template <class F>
void for_pixels(float* out, int pixels, const F& f) {
  constexpr int kBlock = 32;
  float r[kBlock] = {}, g[kBlock] = {}, b[kBlock] = {};
  for (int begin = 0; begin < pixels; begin += kBlock) {
    float* block = out + 3 * begin;
    const int count = std::min(kBlock, pixels - begin);
    for (int i = 0; i < count; ++i) {
      r[i] = block[3 * i];
      g[i] = block[3 * i + 1];
      b[i] = block[3 * i + 2];
    }
    for (int i = 0; i < kBlock; ++i) {
      const Rgb c = f(Rgb{r[i], g[i], b[i]});
      r[i] = c.r;
      g[i] = c.g;
      b[i] = c.b;
    }
    for (int i = 0; i < count; ++i) {
      block[3 * i] = r[i];
      block[3 * i + 1] = g[i];
      block[3 * i + 2] = b[i];
    }
  }
}

float mean_luma(const float* out, int pixels) {
  float sum = 0;
  for (int i = 0; i < pixels; ++i)
    sum += augment_math::luma({out[3 * i], out[3 * i + 1], out[3 * i + 2]});
  return sum / static_cast<float>(pixels);
}

void jitter(float* out, int pixels, const AugmentParameters& p) {
  using namespace augment_math;
  for (ColorOp op : p.order) {
    switch (op) {
      case ColorOp::brightness:
        for_pixels(out, pixels, [&](Rgb c) { return blend(c, 0, p.brightness); });
        break;
      case ColorOp::contrast:
        for_pixels(out, pixels, [&, gray = mean_luma(out, pixels)](Rgb c) {
          return blend(c, gray, p.contrast);
        });
        break;
      case ColorOp::saturation:
        for_pixels(out, pixels, [&](Rgb c) { return blend(c, luma(c), p.saturation); });
        break;
      case ColorOp::hue: for_pixels(out, pixels, [&](Rgb c) { return shift_hue(c, p.hue); }); break;
    }
  }
}

void blur(float* out, int size, float sigma) {
  using namespace augment_math;
  const int radius = blur_radius(sigma);
  const int taps = 2 * radius + 1, row = 3 * size;
  std::vector<float> weights(taps), copy(static_cast<size_t>(size) * row), line(row + 6 * radius);
  float sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += weights[i + radius] = blur_weight(i, sigma);
  for (float& weight : weights) weight /= sum;
  // Of one line of the result: weights times what begins at from(t), added in the order of t.
  const auto blurred = [&](float* result, const auto& from) {
    std::fill(result, result + row, 0.0f);
    for (int t = 0; t < taps; ++t) {
      const float weight = weights[t];
      const float* in = from(t);
      for (int i = 0; i < row; ++i) result[i] += weight * in[i];
    }
  };
  for (int y = 0; y < size; ++y) {
    for (int x = -radius; x < size + radius; ++x)
      std::copy_n(out + y * row + 3 * repeated_edge(x, size), 3, &line[3 * (x + radius)]);
    blurred(&copy[y * row], [&](int t) { return &line[3 * t]; });
  }
  for (int y = 0; y < size; ++y)
    blurred(out + y * row, [&](int t) { return &copy[repeated_edge(y + t - radius, size) * row]; });
}

void flip(float* out, int size) {
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size / 2; ++x)
      std::swap_ranges(out + (y * size + x) * 3, out + (y * size + x) * 3 + 3,
                       out + (y * size + size - 1 - x) * 3);
}

void normalize(float* out, const AugmentConfig& config) {
  const float* m = config.mean;
  const float* d = config.deviation;
  for_pixels(out, config.size * config.size, [&](Rgb c) {
    using augment_math::normalized;
    return Rgb{normalized(c.r, m[0], d[0]), normalized(c.g, m[1], d[1]),
               normalized(c.b, m[2], d[2])};
  });
}

}  // namespace

AugmentParameters draw(const AugmentConfig& config, int height, int width, uint64_t seed, int epoch,
                       int64_t sample, int view) {
  Random random(seed, Purpose::augment, static_cast<uint32_t>(epoch), static_cast<uint32_t>(sample),
                static_cast<uint32_t>(view));
  return augment_math::draw(config, height, width, random);
}

void resize_crop(const Image& image, const AugmentParameters& p, int size, float* out) {
  resize_crop(image, {p.top, p.height, p.grid_height, p.grid_top, size},
              {p.left, p.width, p.grid_width, p.grid_left, size}, out);
}

void augment(const Image& image, const AugmentConfig& config, const AugmentParameters& p,
             float* out) {
  const int pixels = config.size * config.size;
  resize_crop(image, p, config.size, out);
  if (p.jitter) jitter(out, pixels, p);
  if (p.gray)
    for_pixels(out, pixels, [](Rgb c) {
      const float gray = augment_math::luma(c);
      return Rgb{gray, gray, gray};
    });
  if (p.blur) blur(out, config.size, p.sigma);
  if (p.flip) flip(out, config.size);
  normalize(out, config);
}

void test_transform(const Image& image, const AugmentConfig& config, float* out) {
  augment(image, config, augment_math::central(config, image.height, image.width), out);
}

std::string torchvision_transform(const AugmentConfig& config) {
  return fmt::format(
      "ToTensor(), Resize({}, antialias=True), CenterCrop({}), Normalize([{}], [{}])",
      augment_math::resized_side(config), config.size, fmt::join(config.mean, ", "),
      fmt::join(config.deviation, ", "));
}

}  // namespace siam
