#include "data/resize.h"

#include <algorithm>
#include <cmath>

namespace siam {

namespace {

// For each output position the first input position and the weights that sum to 1. Positions
// outside the rectangle do not exist: the filter is cut there and rescaled, as in PIL.
struct Filter {
  int taps;
  std::vector<int> first;
  std::vector<float> weights;  // [out,taps]

  Filter(int in, int out) {
    const float scale = static_cast<float>(in) / static_cast<float>(out);
    const float support = std::max(scale, 1.0f);
    taps = std::min(in, static_cast<int>(std::ceil(support)) * 2 + 1);
    first.resize(out);
    weights.assign(static_cast<size_t>(out) * taps, 0.0f);
    for (int i = 0; i < out; ++i) {
      const float center = (static_cast<float>(i) + 0.5f) * scale;
      const int begin = std::max(0, static_cast<int>(center - support + 0.5f));
      const int end = std::min(in, static_cast<int>(center + support + 0.5f));
      first[i] = std::min(begin, in - taps);
      float* w = &weights[static_cast<size_t>(i) * taps];
      float sum = 0;
      for (int j = begin; j < end; ++j) {
        const float distance = std::abs((static_cast<float>(j) + 0.5f - center) / support);
        sum += w[j - first[i]] = std::max(0.0f, 1 - distance);
      }
      for (int j = 0; j < taps; ++j) w[j] /= sum;
    }
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
      const uint8_t* pixel = in + horizontal.first[x] * 3;
      const float* w = &horizontal.weights[static_cast<size_t>(x) * horizontal.taps];
      float r = 0, g = 0, b = 0;
      for (int t = 0; t < horizontal.taps; ++t, pixel += 3) {
        r += w[t] * pixel[0];
        g += w[t] * pixel[1];
        b += w[t] * pixel[2];
      }
      result[3 * x] = r / 255;
      result[3 * x + 1] = g / 255;
      result[3 * x + 2] = b / 255;
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
