#include "data/resize.h"

#include <algorithm>

#include "data/filter_math.h"
#include "data/planes.h"
#include "data/vec.h"
#include "data/weighted_lines.h"

namespace siam {

namespace {

using augment_math::Rgb;

// For each output position the first input position and its weights.
struct Filter {
  int taps = 1;  // at most those that are not zero
  std::vector<int> first;
  std::vector<float> weights;  // [count,taps]

  // The weights sum to `total`.
  Filter(const ResizeAxis& axis, float total) : first(axis.count) {
    const augment_math::ResizeFilter filter(axis.size, axis.grid);
    std::vector<float> all(static_cast<size_t>(axis.count) * filter.taps);
    std::vector<int> zeros(axis.count);  // leading zeros
    for (int i = 0; i < axis.count; ++i) {
      float* w = &all[static_cast<size_t>(i) * filter.taps];
      first[i] = axis.begin + filter.weights(axis.first + i, w);
      int end = filter.taps;
      while (w[zeros[i]] == 0) ++zeros[i];
      while (w[end - 1] == 0) --end;
      taps = std::max(taps, end - zeros[i]);
    }
    for (int i = 0; i < axis.count; ++i) {
      const int skipped = std::min(zeros[i], filter.taps - taps);
      const auto from = all.begin() + static_cast<ptrdiff_t>(i) * filter.taps + skipped;
      for (int t = 0; t < taps; ++t) weights.push_back(from[t] * total);
      first[i] += skipped;
    }
  }

  const float* weights_of(int i) const { return &weights[static_cast<size_t>(i) * taps]; }
};

constexpr int kRows = kLanes;

// Along x, kRows lines at a time, one in each lane of a vector; only `rows` of them are used.
// columns [3 image columns,kRows]; lines [kRows,3,count].
void filter_columns(const Filter& filter, int left, const float* columns, int count, int rows,
                    float* lines) {
  for (int begin = 0; begin < count; begin += kLanes) {
    Vec tile[3][kLanes];
    for (int i = 0; i < kLanes; ++i) {
      const int x = std::min(begin + i, count - 1);  // beyond the end, the last one repeats
      const float* in = columns + (filter.first[x] - left) * 3 * kRows;
      const float* weights = filter.weights_of(x);
      Vec sum[3] = {};
      for (int t = 0; t < filter.taps; ++t)
        for (int c = 0; c < 3; ++c, in += kRows) sum[c] += weights[t] * vec_at(in);
      for (int c = 0; c < 3; ++c) tile[c][i] = sum[c];
    }
    for (int c = 0; c < 3; ++c) {
      transpose(tile[c]);
      for (int r = 0; r < rows; ++r) {
        float* out = lines + (r * 3 + c) * count + begin;
        if (begin + kLanes <= count)
          vec_at(out) = tile[c][r];
        else
          std::copy_n(reinterpret_cast<const float*>(&tile[c][r]), count - begin, out);
      }
    }
  }
}

}  // namespace

void resize_planes(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                   float* out, const std::function<void(float* line)>& use) {
  const Filter across(horizontal, 1), down(vertical, 1.0f / 255);
  const int left = across.first.front(), columns = across.first.back() + across.taps - left;
  const int padded = whole_vectors(3 * columns), line = 3 * horizontal.count;
  std::vector<const uint8_t*> taps(down.taps);
  AlignedFloats rows(kRows * padded), turned(kRows * padded);
  for (int begin = 0; begin < vertical.count; begin += kRows) {
    const int count = std::min(kRows, vertical.count - begin);
    for (int r = 0; r < count; ++r) {
      const int first = down.first[begin + r];
      const float* weights = down.weights_of(begin + r);
      int number = down.taps;
      while (weights[number - 1] == 0) --number;
      for (int t = 0; t < number; ++t)
        taps[t] = image.pixels + (static_cast<size_t>(first + t) * image.width + left) * 3;
      weighted_sum(rows.data() + r * padded, 3 * columns, weights, taps.data(), number);
    }
    for (int i = 0; i < padded; i += kLanes) {
      Vec tile[kRows];
      for (int r = 0; r < kRows; ++r) tile[r] = vec_at(rows.data() + r * padded + i);
      transpose(tile);
      for (int j = 0; j < kLanes; ++j) vec_at(turned.data() + (i + j) * kRows) = tile[j];
    }
    filter_columns(across, left, turned.data(), horizontal.count, count, out);
    for (int r = 0; r < count; ++r, out += line) use(out);
  }
}

void resize_crop(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                 float* out) {
  const int width = horizontal.count;
  std::vector<float> planes(3 * width);
  resize_planes(image, vertical, horizontal, out, [&](float* line) {
    std::copy_n(line, 3 * width, planes.begin());
    interleave(planes.data(), width, width, false, line, [](Rgb c) { return c; });
  });
}

}  // namespace siam
