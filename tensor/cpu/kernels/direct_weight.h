#pragma once
// Weight gradient by the definition's products:
//   dw[k][r][s,c] = sum over pixels (n,p,q) of window(n,p,q)[r][s,c] dy[n,p,q,k].
// The pixels are cut into blocks whose sums are added in order, so that the result depends on the
// shape alone, and digits are not lost in one running sum of thousands of terms.

#include "tensor/cpu/kernels/pixel_rows.h"
#include "tensor/cpu/kernels/weight_parts.h"

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
  constexpr int64_t kPixels = 192, kBatchFloats = 1 << 18, kBlocksOfPart = 4;
  const Gather g = forward_gather(s);
  const PixelRows<T> pixels(g, x, kPixels, /*always_copy=*/true);
  const Runs runs = pixels.runs();
  const int64_t columns = round_up(s.k, kLanes), panels = Panel::count(s.k);
  // Offsets of the parts of a prepared block.
  const int64_t rows = pixels.most_rows(), copy_at = Pieces::floats<float*>(rows);
  const int64_t dy_at = copy_at + Pieces::floats(pixels.copy_elements());
  const int64_t ready_floats = dy_at + Pieces::floats(rows * columns);
  const int64_t batch = min(pixels.blocks(), max(threads(), kBatchFloats / ready_floats));
  // dw as [tap][s,c rounded up][k rounded up].
  const int64_t strips = ceil_div(runs.length, kRows), strip = kRows * columns;
  const int64_t all = runs.taps * strips;

  const auto make_ready = [&](int64_t block, float* part) {
    pixels.load(block, part + copy_at, reinterpret_cast<const float**>(part));
    pack_rows(dy + pixels.first_line(block) * s.q * s.k, pixels.count(block), s.k, part + dy_at);
  };
  // The strips [begin, end) of a panel of the sums (+)= a block.
  const auto multiply = [&](int64_t block, const float* part, const Panel& panel, int64_t begin,
                            int64_t end, bool add, float* sums) {
    auto* windows = reinterpret_cast<const float* const*>(part);
    const int64_t length = pixels.count(block);
    const float* right = part + dy_at + length * panel.begin;
    for (int64_t at = begin; at < end; ++at) {
      const int64_t offset = at / strips * runs.tap_stride + at % strips * kRows;
      auto row = [=](int64_t t) { return windows[t] + offset; };
      dot_panel_columns(panel, row, right, panel.width(), length, add,
                        sums + at * strip + panel.begin, columns);
    }
  };

  const WeightParts parts(pixels.blocks(), kBlocksOfPart, all * strip);
  parts.add_up(batch * ready_floats, [&](int64_t begin, int64_t end, float* ready, float* sums) {
    for (int64_t first = begin; first < end; first += batch) {
      const int64_t count = min(batch, end - first);
      for_tasks(count, [&](int64_t i, int) { make_ready(first + i, ready + i * ready_floats); });
      const int64_t groups = max(1, min(all, 4 * threads() / panels)), each = ceil_div(all, groups);
      for_tasks(groups * panels, [&](int64_t task, int) {
        const int64_t at = task % groups * each;
        for (int64_t i = 0; i < count; ++i)
          multiply(first + i, ready + i * ready_floats, Panel::at(task / groups, s.k), at,
                   min(at + each, all), first + i > begin, sums);
      });
    }
  });
  const auto row = [&](int64_t i) { return i / runs.length * strips * kRows + i % runs.length; };
  write_transposed(parts, s.k, columns, runs.taps * runs.length, row, dw);
}

}  // namespace
}  // namespace siam::cpu
