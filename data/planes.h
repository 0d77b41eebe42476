#pragma once
// The layout of images while they are made on the CPU: [height,3,width], lines of three planes. A
// loop over a line runs over numbers of one colour, which compilers vectorise.

#include "data/color_math.h"

namespace siam {

/// Each pixel c of a line [3,width] becomes f(c).
template <class F>
void for_pixels(float* line, int width, const F& f) {
  float *r = line, *g = r + width, *b = g + width;
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const augment_math::Rgb c = f(augment_math::Rgb{r[x], g[x], b[x]});
    r[x] = c.r;
    g[x] = c.g;
    b[x] = c.b;
  }
}

/// Pixels out [width,3], reversed if asked for, from f of three planes that lie `stride` floats
/// apart.
template <class F>
void interleave(const float* planes, int stride, int width, bool reversed, float* out, const F& f) {
  const auto pixel = [&](int x) {
    return f(augment_math::Rgb{planes[x], planes[stride + x], planes[2 * stride + x]});
  };
  const auto put = [&](int x, augment_math::Rgb c) {
    out[3 * x] = c.r;
    out[3 * x + 1] = c.g;
    out[3 * x + 2] = c.b;
  };
  if (reversed) {
#pragma GCC ivdep
    for (int x = 0; x < width; ++x) put(x, pixel(width - 1 - x));
  } else {
#pragma GCC ivdep
    for (int x = 0; x < width; ++x) put(x, pixel(x));
  }
}

}  // namespace siam
