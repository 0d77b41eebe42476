#pragma once
// Images while they are made on the CPU: [height,3,width], lines of three planes. A loop over a
// line is one over numbers of one colour, of which compilers make vectors.

#include <algorithm>
#include <vector>

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

/// The same, and the line becomes pixels, [width,3], in the reverse order if they are to be.
template <class F>
void interleave(float* line, int width, bool reversed, const F& f) {
  thread_local std::vector<float> planes;
  planes.resize(3 * width);
  for (int c = 0; c < 3; ++c) {
    const float* in = line + c * width;
    float* to = &planes[c * width];
    if (reversed)
      for (int x = 0; x < width; ++x) to[x] = in[width - 1 - x];
    else
      std::copy_n(in, width, to);
  }
  const float *r = planes.data(), *g = r + width, *b = g + width;
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const augment_math::Rgb c = f(augment_math::Rgb{r[x], g[x], b[x]});
    line[3 * x] = c.r;
    line[3 * x + 1] = c.g;
    line[3 * x + 2] = c.b;
  }
}

}  // namespace siam
