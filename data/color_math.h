#pragma once
// The per-pixel formulas of the augmentation, for the CPU and the GPU. Colours are floats in [0,
// 1].

#include <cmath>

#include "tensor/host_device.h"

namespace siam::augment_math {

struct Rgb {
  float r, g, b;
};

SIAM_HOST_DEVICE inline float clamp01(float x) { return x < 0 ? 0.0f : x > 1 ? 1.0f : x; }

/// Of numbers. Selections, for which a compiler has vector instructions: what fmaxf and fminf say
/// of NaN, these have not.
SIAM_HOST_DEVICE inline float larger(float a, float b) { return a > b ? a : b; }
SIAM_HOST_DEVICE inline float smaller(float a, float b) { return a < b ? a : b; }

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
  const float divisor = chroma > 0 ? chroma : 1;  // of a grey, which stays what it is
  float h = high == c.r   ? (c.g - c.b) / divisor
            : high == c.g ? 2 + (c.b - c.r) / divisor
                          : 4 + (c.r - c.g) / divisor;
  h += 6 * shift;
  h -= 6 * floorf(h / 6);
  // Channel n of (5, 3, 1): high - chroma clamp(min(k, 4 - k), 0, 1) with k = (n + h) mod 6.
  auto channel = [&](float n) {
    float k = n + h;
    k = k >= 6 ? k - 6 : k;
    return high - chroma * clamp01(smaller(k, 4 - k));
  };
  return {channel(5), channel(3), channel(1)};
}

/// Red, green or blue as the network sees it.
SIAM_HOST_DEVICE inline float normalized(float value, float mean, float deviation) {
  return (value - mean) / deviation;
}

}  // namespace siam::augment_math
