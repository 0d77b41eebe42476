#include "data/augment.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "data/color_math.h"
#include "data/filter_math.h"
#include "data/planes.h"
#include "data/resize.h"
#include "data/weighted_lines.h"

namespace siam {

namespace {

using augment_math::Rgb;

ResizeAxis down(const AugmentParameters& p, int size) {
  return {p.top, p.height, p.grid_height, p.grid_top, size};
}
ResizeAxis across(const AugmentParameters& p, int size) {
  return {p.left, p.width, p.grid_width, p.grid_left, size};
}

float luma_sum(const float* line, int size) {
  const float *r = line, *g = r + size, *b = g + size;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int x = 0; x < size; ++x) sum += augment_math::luma({r[x], g[x], b[x]});
  return sum;
}

// mean_luma: of the whole view, for contrast.
void change_color(ColorOp op, const AugmentParameters& p, float mean_luma, float* line, int size) {
  using namespace augment_math;
  switch (op) {
    case ColorOp::brightness:
      for_pixels(line, size, [&](Rgb c) { return blend(c, 0, p.brightness); });
      break;
    case ColorOp::contrast:
      for_pixels(line, size, [&](Rgb c) { return blend(c, mean_luma, p.contrast); });
      break;
    case ColorOp::saturation:
      for_pixels(line, size, [&](Rgb c) { return blend(c, luma(c), p.saturation); });
      break;
    case ColorOp::hue: for_pixels(line, size, [&](Rgb c) { return shift_hue(c, p.hue); }); break;
  }
}

void gray(float* line, int size) {
  for_pixels(line, size, [](Rgb c) {
    const float value = augment_math::luma(c);
    return Rgb{value, value, value};
  });
}

// One colour after the other: the lines that a line's neighbours are read from stay in the cache.
void blur(float* view, int size, float sigma) {
  using namespace augment_math;
  const int radius = blur_radius(sigma), taps = 2 * radius + 1;
  std::vector<float> weights(taps);
  float sum = 0;
  for (int t = 0; t < taps; ++t) sum += weights[t] = blur_weight(t - radius, sigma);
  for (float& weight : weights) weight /= sum;
  // Along x, of which the last `taps` lines are kept; along y, once those around a line are there.
  std::vector<float> recent(taps * size), padded(size + 2 * radius);
  std::vector<const float*> lines(taps);
  for (int c = 0; c < 3; ++c) {
    const auto line = [&](int y) { return view + (3 * y + c) * size; };
    for (int below = 0; below < size + radius; ++below) {
      if (below < size) {
        const float* in = line(below);
        std::fill_n(padded.begin(), radius, in[0]);
        std::copy_n(in, size, padded.begin() + radius);
        std::fill_n(padded.end() - radius, radius, in[size - 1]);
        for (int t = 0; t < taps; ++t) lines[t] = &padded[t];
        weighted_sum(&recent[below % taps * size], size, weights.data(), lines.data(), taps);
      }
      const int y = below - radius;
      if (y < 0) continue;
      for (int t = 0; t < taps; ++t)
        lines[t] = &recent[repeated_edge(y + t - radius, size) % taps * size];
      weighted_sum(line(y), size, weights.data(), lines.data(), taps);
    }
  }
}

void normalize(float* line, const AugmentConfig& config, bool flip) {
  const float *m = config.mean, *d = config.deviation;
  const float inverse[3] = {1 / d[0], 1 / d[1], 1 / d[2]};
  interleave(line, config.size, flip, [&](Rgb c) {
    using augment_math::normalized;
    return Rgb{normalized(c.r, m[0], inverse[0]), normalized(c.g, m[1], inverse[1]),
               normalized(c.b, m[2], inverse[2])};
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
  resize_crop(image, down(p, size), across(p, size), out);
}

void augment(const Image& image, const AugmentConfig& config, const AugmentParameters& p,
             float* out) {
  const int size = config.size;
  const std::span order(p.order, p.jitter ? 4 : 0);
  const auto contrast = std::ranges::find(order, ColorOp::contrast);
  // Contrast needs the mean of what the steps before it have made.
  float luma = 0;
  resize_planes(image, down(p, size), across(p, size), out, [&](float* line) {
    for (const ColorOp op : std::span(order.begin(), contrast)) change_color(op, p, 0, line, size);
    if (p.jitter) luma += luma_sum(line, size);
  });
  const float mean_luma = luma / static_cast<float>(size * size);
  for (int y = 0; y < size; ++y) {
    float* line = out + size_t{3} * size * y;
    for (const ColorOp op : std::span(contrast, order.end()))
      change_color(op, p, mean_luma, line, size);
    if (p.gray) gray(line, size);
    if (!p.blur) normalize(line, config, p.flip);
  }
  if (!p.blur) return;
  blur(out, size, p.sigma);
  for (int y = 0; y < size; ++y) normalize(out + size_t{3} * size * y, config, p.flip);
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
