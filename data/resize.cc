#include "data/resize.h"

#include <algorithm>

#include "data/filter_math.h"

namespace siam {

namespace {

// For each output position the first input position and its weights.
struct Filter {
  int taps;
  std::vector<int> first;
  std::vector<float> weights;  // [out,taps]

  Filter(int in, int out) : first(out) {
    const augment_math::ResizeFilter filter(in, out);
    taps = filter.taps;
    weights.resize(static_cast<size_t>(out) * taps);
    for (int i = 0; i < out; ++i)
      first[i] = filter.weights(i, &weights[static_cast<size_t>(i) * taps]);
  }
};

}  // namespace

void resize_crop(const Image& image, int top, int left, int height, int width, int out_height,
                 int out_width, float* out) {
  const Filter horizontal(width, out_width), vertical(height, out_height);
  const int row = out_width * 3;
  thread_local std::vector<float>
      rows;  // [height,out_width,3]: the rectangle resized in one direction
  rows.resize(static_cast<size_t>(height) * row);
  for (int y = 0; y < height; ++y) {
    const uint8_t* in = image.pixels + (static_cast<size_t>(top + y) * image.width + left) * 3;
    float* result = &rows[static_cast<size_t>(y) * row];
    for (int x = 0; x < out_width; ++x) {
      const augment_math::Rgb c = augment_math::weighted_sum(
          in + horizontal.first[x] * 3,
          &horizontal.weights[static_cast<size_t>(x) * horizontal.taps], horizontal.taps);
      result[3 * x] = c.r;
      result[3 * x + 1] = c.g;
      result[3 * x + 2] = c.b;
    }
  }
  for (int y = 0; y < out_height; ++y) {
    float* result = out + static_cast<size_t>(y) * row;
    std::fill(result, result + row, 0.0f);
    for (int t = 0; t < vertical.taps; ++t) {
      const float weight = vertical.weights[static_cast<size_t>(y) * vertical.taps + t];
      const float* in = &rows[static_cast<size_t>(vertical.first[y] + t) * row];
      for (int i = 0; i < row; ++i) result[i] += weight * in[i];
    }
  }
}

}  // namespace siam
