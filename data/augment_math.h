#pragma once
// The random parameters and the per-pixel formulas of the paper's augmentation, for the CPU and the
// GPU. Colours are floats in [0, 1].

#include <cmath>

#include "tensor/philox.h"

namespace siam {

/// Distribution of the augmentation. Defaults: the authors' code for ImageNet (MoCo v2's recipe).
struct AugmentConfig {
  int size = 224;                            ///< of the result, pixels a side
  float min_scale = 0.2f, max_scale = 1.0f;  ///< share of the image's area that is cropped
  float max_aspect = 4.0f / 3.0f;            ///< width / height is log-uniform in [1 / this, this]
  float jitter_probability = 0.8f;
  float brightness = 0.4f, contrast = 0.4f, saturation = 0.4f;  ///< factors in [1 - this, 1 + this]
  float hue = 0.1f;  ///< shift in [-this, this], 1 being the whole circle
  float gray_probability = 0.2f;
  float blur_probability = 0.5f;
  float min_sigma = 0.1f, max_sigma = 2.0f;  ///< of the Gaussian, in pixels of the result
  float flip_probability = 0.5f;
  float mean[3] = {0.485f, 0.456f, 0.406f};  ///< normalisation: ImageNet's constants
  float deviation[3] = {0.229f, 0.224f, 0.225f};
};

enum class ColorOp : int { brightness, contrast, saturation, hue };

/// One draw.
struct AugmentParameters {
  int top = 0, left = 0, height = 0, width = 0;  ///< the crop, in pixels of the image
  bool jitter = false, gray = false, blur = false, flip = false;
  ColorOp order[4] = {ColorOp::brightness, ColorOp::contrast, ColorOp::saturation, ColorOp::hue};
  float brightness = 1, contrast = 1, saturation = 1, hue = 0;
  float sigma = 0;
};

namespace augment_math {

/// exp(x) for |x| < 0.5, relative error below 2e-8: basic operations only, the same on every
/// device.
SIAM_HOST_DEVICE inline float exp_small(float x) {
  float sum = 1;
  for (int n = 8; n >= 1; --n) sum = 1 + x * sum / static_cast<float>(n);
  return sum;
}

SIAM_HOST_DEVICE inline int round_to_int(float x) { return static_cast<int>(floorf(x + 0.5f)); }

/// torchvision's RandomResizedCrop.get_params: ten tries, then the largest central crop of an
/// allowed aspect.
SIAM_HOST_DEVICE inline void draw_crop(const AugmentConfig& config, int height, int width,
                                       Random& random, AugmentParameters& p) {
  // log(4/3) and the like: -log(1/a) by the series of atanh, exact enough for the bound of a range.
  const float t = (config.max_aspect - 1) / (config.max_aspect + 1), t2 = t * t;
  const float log_max = 2 * t * (1 + t2 * (1.0f / 3 + t2 * (1.0f / 5 + t2 / 7)));
  for (int attempt = 0; attempt < 10; ++attempt) {
    const float area = static_cast<float>(height) * static_cast<float>(width) *
                       random.uniform(config.min_scale, config.max_scale);
    const float aspect = exp_small(random.uniform(-log_max, log_max));
    p.width = round_to_int(sqrtf(area * aspect));
    p.height = round_to_int(sqrtf(area / aspect));
    if (0 < p.width && p.width <= width && 0 < p.height && p.height <= height) {
      p.top = static_cast<int>(random.below(static_cast<uint32_t>(height - p.height + 1)));
      p.left = static_cast<int>(random.below(static_cast<uint32_t>(width - p.width + 1)));
      return;
    }
  }
  const float aspect = static_cast<float>(width) / static_cast<float>(height);
  p.width = width;
  p.height = height;
  if (aspect < 1 / config.max_aspect)
    p.height = round_to_int(static_cast<float>(width) * config.max_aspect);
  else if (aspect > config.max_aspect)
    p.width = round_to_int(static_cast<float>(height) * config.max_aspect);
  p.top = (height - p.height) / 2;
  p.left = (width - p.width) / 2;
}

SIAM_HOST_DEVICE inline AugmentParameters draw(const AugmentConfig& config, int height, int width,
                                               Random& random) {
  AugmentParameters p;
  draw_crop(config, height, width, random, p);
  p.jitter = random.uniform() < config.jitter_probability;
  for (uint32_t i = 3; i > 0; --i) {
    const uint32_t j = random.below(i + 1);
    const ColorOp other = p.order[j];
    p.order[j] = p.order[i];
    p.order[i] = other;
  }
  p.brightness = random.uniform(1 - config.brightness, 1 + config.brightness);
  p.contrast = random.uniform(1 - config.contrast, 1 + config.contrast);
  p.saturation = random.uniform(1 - config.saturation, 1 + config.saturation);
  p.hue = random.uniform(-config.hue, config.hue);
  p.gray = random.uniform() < config.gray_probability;
  p.blur = random.uniform() < config.blur_probability;
  p.sigma = random.uniform(config.min_sigma, config.max_sigma);
  p.flip = random.uniform() < config.flip_probability;
  return p;
}

struct Rgb {
  float r, g, b;
};

SIAM_HOST_DEVICE inline float clamp01(float x) { return x < 0 ? 0.0f : x > 1 ? 1.0f : x; }

/// ITU-R 601 luma, as torchvision's rgb_to_grayscale.
SIAM_HOST_DEVICE inline float luma(Rgb c) { return 0.2989f * c.r + 0.587f * c.g + 0.114f * c.b; }

/// torchvision's _blend: factor c + (1 - factor) other, in [0, 1]. Brightness blends with black,
/// contrast with the mean luma of the image, saturation with the pixel's own luma.
SIAM_HOST_DEVICE inline Rgb blend(Rgb c, float other, float factor) {
  const float rest = (1 - factor) * other;
  return {clamp01(factor * c.r + rest), clamp01(factor * c.g + rest), clamp01(factor * c.b + rest)};
}

/// torchvision's adjust_hue: to HSV, hue + shift modulo 1, and back.
SIAM_HOST_DEVICE inline Rgb shift_hue(Rgb c, float shift) {
  const float high = fmaxf(c.r, fmaxf(c.g, c.b)), low = fminf(c.r, fminf(c.g, c.b));
  const float chroma = high - low;
  if (chroma <= 0) return c;
  float h = high == c.r   ? (c.g - c.b) / chroma
            : high == c.g ? 2 + (c.b - c.r) / chroma
                          : 4 + (c.r - c.g) / chroma;
  h += 6 * shift;
  h -= 6 * floorf(h / 6);
  // Channel n of (5, 3, 1): high - chroma clamp(min(k, 4 - k), 0, 1) with k = (n + h) mod 6.
  auto channel = [&](float n) {
    float k = n + h;
    if (k >= 6) k -= 6;
    return high - chroma * clamp01(fminf(k, 4 - k));
  };
  return {channel(5), channel(3), channel(1)};
}

}  // namespace augment_math

}  // namespace siam
