#pragma once
// Weight gradient by the definition's products:
//   dw[k][r][s,c] = sum over pixels (n,p,q) of window(n,p,q)[r][s,c] dy[n,p,q,k].
// The pixels are cut into blocks whose sums are added in order, so that the result depends on the
// shape alone and thousands of terms do not lose digits in one running sum. A few blocks at a time
// are made ready by all threads, which then share out the elements of dw.

#include "tensor/cpu/kernels/pixel_rows.h"

namespace siam::cpu {
namespace {

/// dy's rows of a block in panels, [panel][pixel][j].
template <class T>
void pack_rows(const T* rows, int64_t count, int64_t channels, float* to) {
  for (int64_t i = 0; i < Panel::count(channels); ++i) {
    const Panel panel = Panel::at(i, channels);
    pack_panel(rows + panel.begin, count, channels, 1, panel, to);
    to += count * panel.width();
  }
}

template <class T>
void direct_backward_weight(const ConvShape& s, const T* dy, const T* x, float* dw) {
  constexpr int64_t kPixels = 192, kBatchFloats = 1 << 20;
  const Gather g = forward_gather(s);
  const PixelRows<T> pixels(g, x, kPixels, /*always_copy=*/true);
  const Runs runs = pixels.runs();
  const int64_t columns = round_up(s.k, kLanes), panels = Panel::count(s.k);
  // Where the parts of a block that is ready stand.
  const int64_t rows = pixels.most_rows(), copy_at = Pieces::floats<float*>(rows);
  const int64_t dy_at = copy_at + Pieces::floats(pixels.copy_floats());
  const int64_t ready_floats = dy_at + Pieces::floats(rows * columns);
  const int64_t batch = min(pixels.blocks(), max(threads(), kBatchFloats / ready_floats));
  const Scratch ready(static_cast<size_t>(batch * ready_floats));
  // dw as [tap][s,c rounded up][k rounded up].
  const int64_t strips = ceil_div(runs.length, kRows), strip = kRows * columns;
  const Scratch sums(static_cast<size_t>(runs.taps * strips * strip));

  for (int64_t first = 0; first < pixels.blocks(); first += batch) {
    const int64_t count = min(batch, pixels.blocks() - first);
    for_tasks(count, [&](int64_t i, int) {
      float* part = ready.data() + i * ready_floats;
      pixels.load(first + i, part + copy_at, reinterpret_cast<const float**>(part));
      pack_rows(dy + pixels.first_line(first + i) * s.q * s.k, pixels.count(first + i), s.k,
                part + dy_at);
    });
    const int64_t all = runs.taps * strips;
    const int64_t groups = max(1, min(all, 4 * threads() / panels)), each = ceil_div(all, groups);
    for_tasks(groups * panels, [&](int64_t task, int) {
      const Panel panel = Panel::at(task / groups, s.k);
      const int64_t begin = task % groups * each, end = min(begin + each, all);
      for (int64_t i = 0; i < count; ++i) {
        const float* part = ready.data() + i * ready_floats;
        auto* windows = reinterpret_cast<const float* const*>(part);
        const int64_t length = pixels.count(first + i);
        const float* right = part + dy_at + length * panel.begin;
        for (int64_t at = begin; at < end; ++at) {
          const int64_t offset = at / strips * runs.tap_stride + at % strips * kRows;
          auto row = [=](int64_t t) { return windows[t] + offset; };
          float* c = sums.data() + at * strip + panel.begin;
          dot_panel_columns(panel, row, right, panel.width(), length, first + i > 0, c, columns);
        }
      }
    });
  }
  for_tasks(s.k, [&](int64_t k, int) {
    for (int64_t tap = 0; tap < runs.taps; ++tap)
      for (int64_t i = 0; i < runs.length; ++i)
        dw[(k * runs.taps + tap) * runs.length + i] =
            sums.data()[(tap * strips * kRows + i) * columns + k];
  });
}

}  // namespace
}  // namespace siam::cpu
