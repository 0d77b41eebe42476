#include "data/augment.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>

#include "data/blur.h"
#include "data/color_math.h"
#include "data/planes.h"
#include "data/resize.h"

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

void normalize(const float* planes, int stride, const AugmentConfig& config, bool flip,
               float* out) {
  const float *m = config.mean, *d = config.deviation;
  const float inverse[3] = {1 / d[0], 1 / d[1], 1 / d[2]};
  interleave(planes, stride, config.size, flip, out, [&](Rgb c) {
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
  // While it is made a view is lines of three planes. Contrast needs the mean of all of them, as
  // the steps before it have made them.
  float luma = 0;
  resize_planes(image, down(p, size), across(p, size), out, [&](float* line) {
    for (const ColorOp op : std::span(order.begin(), contrast)) change_color(op, p, 0, line, size);
    if (p.jitter) luma += luma_sum(line, size);
  });
  const float mean_luma = luma / static_cast<float>(size * size);
  std::optional<Blur> blur;
  if (p.blur) blur.emplace(size, p.sigma);
  std::vector<float> copy(3 * size);
  const int radius = blur ? blur->radius() : 0;
  // A line is blurred when those below it are ready, and written where it was.
  for (int y = -radius; y < size; ++y) {
    if (const int below = y + radius; below < size) {
      float* line = out + size_t{3} * size * below;
      for (const ColorOp op : std::span(contrast, order.end()))
        change_color(op, p, mean_luma, line, size);
      if (p.gray) gray(line, size);
      if (blur) blur->put(below, line);
    }
    if (y < 0) continue;
    float* line = out + size_t{3} * size * y;
    if (!blur) std::copy_n(line, 3 * size, copy.begin());
    normalize(blur ? blur->get(y) : copy.data(), blur ? blur->stride() : size, config, p.flip,
              line);
  }
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
