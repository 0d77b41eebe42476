#pragma once
// The random parameters of the paper's augmentation, drawn by the same function on the CPU and on
// the GPU. Multiply-adds are fused explicitly: left to the two compilers, one might round where the
// other does not, and the devices would occasionally draw different crops.

#include <cmath>

#include "tensor/philox.h"

namespace siam {

/// Distribution of the augmentation. Defaults: the authors' code for ImageNet (MoCo v2's recipe).
struct AugmentConfig {
  int size = 224;                            ///< side of the result, in pixels
  float min_scale = 0.2f, max_scale = 1.0f;  ///< share of the image's area that is cropped
  float max_aspect = 4.0f / 3.0f;            ///< width / height is log-uniform in [1 / this, this]
  float jitter_probability = 0.8f;
  float brightness = 0.4f, contrast = 0.4f, saturation = 0.4f;  ///< factors in [1 - this, 1 + this]
  float hue = 0.1f;  ///< shift in [-this, this], 1 being the whole circle
  float gray_probability = 0.2f;
  float blur_probability = 0.5f;
  float min_sigma = 0.1f, max_sigma = 2.0f;  ///< deviation of the Gaussian, in pixels of the result
  float flip_probability = 0.5f;
  /// For the evaluation transform: the view's share of the short side of the resized image.
  float crop_pct = 0.875f;
  float mean[3] = {0.485f, 0.456f, 0.406f};  ///< normalisation: ImageNet's constants
  float deviation[3] = {0.229f, 0.224f, 0.225f};
};

enum class ColorOp : int { brightness, contrast, saturation, hue };

/// One draw.
struct AugmentParameters {
  int top = 0, left = 0, height = 0, width = 0;  ///< the crop, in pixels of the image
  int grid_height = 0, grid_width = 0;           ///< what the crop is resized to
  int grid_top = 0, grid_left = 0;               ///< where the view, size x size, lies in that
  bool jitter = false, gray = false, blur = false, flip = false;
  ColorOp order[4] = {ColorOp::brightness, ColorOp::contrast, ColorOp::saturation, ColorOp::hue};
  float brightness = 1, contrast = 1, saturation = 1, hue = 0;
  float sigma = 0;
};

namespace augment_math {

/// exp(x) for |x| < 0.5, with a relative error below 2.5e-7, two ulp. Basic operations only, so
/// the same on every device.
SIAM_HOST_DEVICE inline float exp_small(float x) {
  float sum = 1;
  for (int n = 8; n >= 1; --n) sum = 1 + x * sum / static_cast<float>(n);
  return sum;
}

SIAM_HOST_DEVICE inline int round_to_int(float x) { return static_cast<int>(floorf(x + 0.5f)); }
/// The same for a product, which is not rounded to a float first.
SIAM_HOST_DEVICE inline int round_to_int(int x, float factor) {
  return static_cast<int>(floorf(fmaf(static_cast<float>(x), factor, 0.5f)));
}

/// torchvision's RandomResizedCrop.get_params: ten tries, then the largest central crop of an
/// allowed aspect.
SIAM_HOST_DEVICE inline void draw_crop(const AugmentConfig& config, int height, int width,
                                       Random& random, AugmentParameters& p) {
  p.grid_height = p.grid_width = config.size;
  // log(4/3) and the like: -log(1/a) by the series of atanh, accurate enough for the bound of a
  // range.
  const float t = (config.max_aspect - 1) / (config.max_aspect + 1), t2 = t * t;
  const float log_max = 2 * t * fmaf(t2, fmaf(t2, 1.0f / 5 + t2 / 7, 1.0f / 3), 1.0f);
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
    p.height = round_to_int(width, config.max_aspect);
  else if (aspect > config.max_aspect)
    p.width = round_to_int(height, config.max_aspect);
  p.top = (height - p.height) / 2;
  p.left = (width - p.width) / 2;
}

/// CenterCrop's first position: half of what is left over, rounded to even as Python rounds.
SIAM_HOST_DEVICE inline int central_position(int extent, int size) {
  const int rest = extent - size;
  return (rest + rest / 2 % 2) / 2;
}

/// The length to which the evaluation transform resizes an image's short side.
SIAM_HOST_DEVICE inline int resized_side(const AugmentConfig& config) {
  return static_cast<int>(floorf(static_cast<float>(config.size) / config.crop_pct));
}

/// The evaluation transform as a draw: torchvision's Resize(size / crop_pct), antialiased, and
/// CenterCrop(size), for images of any size. Resize sets the short side and rounds down. With
/// crop_pct = 0.875 and size 224 that is Resize(256), ImageNet's; with 1 the image's central square
/// is resized to the view, so that CIFAR's images are seen whole.
SIAM_HOST_DEVICE inline AugmentParameters central(const AugmentConfig& config, int height,
                                                  int width) {
  const int64_t resized = resized_side(config);
  const int side = height < width ? height : width;
  AugmentParameters p;
  p.height = height;
  p.width = width;
  p.grid_height = static_cast<int>(resized * height / side);
  p.grid_width = static_cast<int>(resized * width / side);
  p.grid_top = central_position(p.grid_height, config.size);
  p.grid_left = central_position(p.grid_width, config.size);
  return p;
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

}  // namespace augment_math

}  // namespace siam
