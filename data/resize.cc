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

// A line of the result at a time: the image's lines are added up first, which is one long loop,
// then neighbouring pixels, three channels and a fourth value that is thrown away as one vector.
void resize_crop(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                 float* out) {
  const Filter columns(horizontal), lines(vertical);
  const int left = columns.first.front();
  const int count = (columns.first.back() + columns.taps - left) * 3;
  thread_local std::vector<float> line;  // [columns,3], and the fourth value of the last
  line.resize(count + 1);
  for (int y = 0; y < vertical.count; ++y) {
    std::fill(line.begin(), line.end(), 0.0f);
    for (int t = 0; t < lines.taps; ++t) {
      const float weight = lines.weights[static_cast<size_t>(y) * lines.taps + t] / 255;
      if (weight == 0) continue;  // a third of them
      const size_t row = static_cast<size_t>(lines.first[y] + t) * image.width + left;
      const uint8_t* in = image.pixels + row * 3;
      float* sums = line.data();
      for (int i = 0; i < count; ++i) sums[i] += weight * in[i];
    }
    for (int x = 0; x < horizontal.count; ++x, out += 3) {
      const float* in = &line[(columns.first[x] - left) * 3];
      const float* weights = &columns.weights[static_cast<size_t>(x) * columns.taps];
      float sum[4] = {};
      for (int t = 0; t < columns.taps; ++t, in += 3)
        for (int c = 0; c < 4; ++c) sum[c] += weights[t] * in[c];
      std::copy_n(sum, 3, out);
    }
  }
}

}  // namespace siam
