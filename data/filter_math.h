#pragma once
// The weights and sums of the augmentation's filters, for the CPU and the GPU.

#include <cstdint>

#include "data/color_math.h"

namespace siam::augment_math {

/// Resizes one axis of `in` positions to `out` with the triangle filter, which widens with the
/// scale when shrinking. At the borders the filter is cut off and renormalised, as in PIL.
struct ResizeFilter {
  int in;
  float scale, support;
  int taps;  ///< weights of each output position

  SIAM_HOST_DEVICE ResizeFilter(int in_size, int out)
      : in(in_size),
        scale(static_cast<float>(in) / static_cast<float>(out)),
        support(larger(scale, 1.0f)),
        taps(static_cast<int>(ceilf(support)) * 2 + 1) {
    if (taps > in) taps = in;
  }

  /// Writes the weights of output position i, which sum to 1; returns the first input position.
  SIAM_HOST_DEVICE int weights(int i, float* w) const {
    const float center = (static_cast<float>(i) + 0.5f) * scale;
    int begin = static_cast<int>(center - support + 0.5f);
    if (begin < 0) begin = 0;
    int end = static_cast<int>(center + support + 0.5f);
    if (end > in) end = in;
    const int first = begin < in - taps ? begin : in - taps;
    float sum = 0;
    for (int t = 0; t < taps; ++t) {
      const int j = first + t;
      const float distance = fabsf((static_cast<float>(j) + 0.5f - center) / support);
      w[t] = begin <= j && j < end ? larger(0.0f, 1 - distance) : 0.0f;
      sum += w[t];
    }
    for (int t = 0; t < taps; ++t) w[t] /= sum;
    return first;
  }
};

/// The weighted sum of `taps` neighbouring pixels, of 8 bits a channel, as colours in [0, 1].
SIAM_HOST_DEVICE inline Rgb weighted_sum(const uint8_t* pixel, const float* w, int taps) {
  float r = 0, g = 0, b = 0;
  for (int t = 0; t < taps; ++t, pixel += 3) {
    r += w[t] * pixel[0];
    g += w[t] * pixel[1];
    b += w[t] * pixel[2];
  }
  return {r / 255, g / 255, b / 255};
}

/// A Gaussian is cut off at three deviations. (PIL approximates it by three box filters.)
SIAM_HOST_DEVICE inline int blur_radius(float sigma) {
  const int radius = static_cast<int>(ceilf(3 * sigma));
  return radius < 1 ? 1 : radius;
}

/// Not yet divided by the sum of all weights.
SIAM_HOST_DEVICE inline float blur_weight(int offset, float sigma) {
  return expf(-0.5f * static_cast<float>(offset * offset) / (sigma * sigma));
}

/// Beyond the ends of a line of `size` values the last value is repeated.
SIAM_HOST_DEVICE inline int repeated_edge(int i, int size) {
  return i < 0 ? 0 : size - 1 < i ? size - 1 : i;
}

}  // namespace siam::augment_math
