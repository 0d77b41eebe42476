#include "data/resize.h"

#include <algorithm>

#include "data/filter_math.h"

namespace siam {

namespace {

// For each output position the first input position and its weights.
struct Filter {
  int taps;
  std::vector<int> first;
  std::vector<float> weights;  // [count,taps]

  explicit Filter(const ResizeAxis& axis) : first(axis.count) {
    const augment_math::ResizeFilter filter(axis.size, axis.grid);
    taps = filter.taps;
    weights.resize(static_cast<size_t>(axis.count) * taps);
    for (int i = 0; i < axis.count; ++i)
      first[i] =
          axis.begin + filter.weights(axis.first + i, &weights[static_cast<size_t>(i) * taps]);
  }
};

}  // namespace

void resize_crop(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                 float* out) {
  const Filter columns(horizontal), lines(vertical);
  const int row = horizontal.count * 3;
  // The lines of the image that the result needs, resized in one direction.
  const int top = lines.first.front(), bottom = lines.first.back() + lines.taps;
  thread_local std::vector<float> rows;  // [bottom - top,horizontal.count,3]
  rows.resize(static_cast<size_t>(bottom - top) * row);
  for (int y = top; y < bottom; ++y) {
    const uint8_t* in = image.pixels + static_cast<size_t>(y) * image.width * 3;
    float* result = &rows[static_cast<size_t>(y - top) * row];
    for (int x = 0; x < horizontal.count; ++x) {
      const augment_math::Rgb c = augment_math::weighted_sum(
          in + columns.first[x] * 3, &columns.weights[static_cast<size_t>(x) * columns.taps],
          columns.taps);
      result[3 * x] = c.r;
      result[3 * x + 1] = c.g;
      result[3 * x + 2] = c.b;
    }
  }
  for (int y = 0; y < vertical.count; ++y) {
    float* result = out + static_cast<size_t>(y) * row;
    std::fill(result, result + row, 0.0f);
    for (int t = 0; t < lines.taps; ++t) {
      const float weight = lines.weights[static_cast<size_t>(y) * lines.taps + t];
      const float* in = &rows[static_cast<size_t>(lines.first[y] + t - top) * row];
      for (int i = 0; i < row; ++i) result[i] += weight * in[i];
    }
  }
}

}  // namespace siam
