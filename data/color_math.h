#pragma once
// The per-pixel formulas of the augmentation, for the CPU and the GPU. Colours are floats in [0,
// 1].

#include <cmath>

#include "tensor/host_device.h"

namespace siam::augment_math {

struct Rgb {
  float r, g, b;
};

/// max and min for numbers other than NaN, as selections, which compilers vectorise; fmaxf and
/// fminf must treat NaN specially.
SIAM_HOST_DEVICE inline float larger(float a, float b) { return a > b ? a : b; }
SIAM_HOST_DEVICE inline float smaller(float a, float b) { return a < b ? a : b; }

SIAM_HOST_DEVICE inline float clamp01(float x) { return larger(0, smaller(1, x)); }

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
  const float high = larger(c.r, larger(c.g, c.b)), low = smaller(c.r, smaller(c.g, c.b));
  const float chroma = high - low;
  const float divisor = larger(chroma, 1e-30f);  // a grey stays as it is
  const bool red = high == c.r, green = high == c.g;
  const float not_red = green ? c.b - c.r : c.r - c.g, sector = green ? 2.0f : 4.0f;
  const float difference = red ? c.g - c.b : not_red;
  float h = (red ? 0.0f : sector) + difference / divisor + 6 * shift;
  h -= 6 * floorf(h * (1.0f / 6));
  const auto channel = [&](float share) { return low + chroma * clamp01(share); };
  return {channel(fabsf(h - 3) - 1), channel(2 - fabsf(h - 2)), channel(2 - fabsf(h - 4))};
}

/// Red, green or blue as the network sees it: minus the mean, divided by the deviation.
SIAM_HOST_DEVICE inline float normalized(float value, float mean, float inverse_deviation) {
  return (value - mean) * inverse_deviation;
}

}  // namespace siam::augment_math
