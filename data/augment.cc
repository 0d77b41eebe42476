#include "data/augment.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "data/color_math.h"
#include "data/filter_math.h"
#include "data/resize.h"

namespace siam {

namespace {

using augment_math::Rgb;

template <class F>
void for_pixels(float* out, int pixels, const F& f) {
  for (int i = 0; i < pixels; ++i) {
    const Rgb c = f(Rgb{out[3 * i], out[3 * i + 1], out[3 * i + 2]});
    out[3 * i] = c.r;
    out[3 * i + 1] = c.g;
    out[3 * i + 2] = c.b;
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
  std::vector<float> weights(2 * radius + 1), copy(static_cast<size_t>(size) * size * 3);
  float sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += weights[i + radius] = blur_weight(i, sigma);
  for (float& weight : weights) weight /= sum;
  // One direction: `step` floats between neighbours, `across` between lines.
  auto pass = [&](const float* in, float* result, int step, int across) {
    for (int line = 0; line < size; ++line)
      for (int i = 0; i < size; ++i)
        for (int c = 0; c < 3; ++c) {
          float value = 0;
          for (int t = -radius; t <= radius; ++t)
            value +=
                weights[t + radius] * in[line * across + repeated_edge(i + t, size) * step + c];
          result[line * across + i * step + c] = value;
        }
  };
  pass(out, copy.data(), 3, 3 * size);
  pass(copy.data(), out, 3 * size, 3);
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

AugmentParameters draw(const AugmentConfig& config, const Image& image, uint64_t seed, int epoch,
                       int64_t sample, int view) {
  Random random(seed, Purpose::augment, static_cast<uint32_t>(epoch), static_cast<uint32_t>(sample),
                static_cast<uint32_t>(view));
  return augment_math::draw(config, image.height, image.width, random);
}

void augment(const Image& image, const AugmentConfig& config, const AugmentParameters& p,
             float* out) {
  const int pixels = config.size * config.size;
  resize_crop(image, {p.top, p.height, p.grid_height, p.grid_top, config.size},
              {p.left, p.width, p.grid_width, p.grid_left, config.size}, out);
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
      "Resize({}, antialias=True), CenterCrop({}), ToTensor(), Normalize([{}], [{}])",
      augment_math::resized_side(config), config.size, fmt::join(config.mean, ", "),
      fmt::join(config.deviation, ", "));
}

}  // namespace siam
