#pragma once
// Convolution by the definition's products: the windows of a block of output pixels (pixel_rows.h)
// times the filters in panels.

#include "tensor/cpu/kernels/filter_panels.h"
#include "tensor/cpu/kernels/pixel_rows.h"

namespace siam::cpu {
namespace {

/// Output pixels of a block: what they read should stay in the second-level cache.
inline int64_t pixels_of_block(const Gather& g) {
  constexpr int64_t kFloats = 1 << 16;
  const int64_t per_pixel = g.in_channels * g.h.in_step * g.w.in_step;
  return min(32 * kRows, max(4 * kRows, kFloats / per_pixel));
}

// Pixels that no window reaches, as three of four under a 1x1 filter of stride 2.
template <class T>
void write_zeros(const Gather& g, T* out) {
  const size_t bytes = sizeof(T) * static_cast<size_t>(g.out_channels);
  parallel_for(g.images * g.h.out, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line)
      for (int64_t j = 0; j < g.w.out; ++j) std::memset(out + g.out_offset(line, j), 0, bytes);
  });
}

template <class T>
void gather_conv(const Gather& g, const T* in, const Filter<T>& filter, T* out) {
  if (g.h.out <= 0 || g.w.out <= 0) return;
  if (g.taps() == 0) return write_zeros(g, out);
  const int64_t panels = Panel::count(g.out_channels);
  const int64_t panel_floats = g.taps() * g.in_channels * kColumns;
  const Scratch packed(static_cast<size_t>(panels * panel_floats));
  for_tasks(panels, [&](int64_t i, int) {
    filter.pack(g.h.taps, g.w.taps, Panel::at(i, g.out_channels), packed.data() + i * panel_floats);
  });
  const PixelRows<T> pixels(g, in, pixels_of_block(g), /*always_copy=*/false);
  const int64_t rows = pixels.most_rows();
  const ThreadScratch scratch(Pieces::floats(pixels.copy_floats()) + Pieces::floats<float*>(rows) +
                              Pieces::floats(rows * kColumns));
  for_tasks(pixels.blocks(), [&](int64_t block, int part) {
    Pieces pieces(scratch.at(part));
    float* copy = pieces.take(pixels.copy_floats());
    auto** pointers = pieces.take<const float*>(rows);
    float* tile = pieces.take(rows * kColumns);
    pixels.load(block, copy, pointers);
    for (int64_t i = 0; i < panels; ++i) {
      const Panel panel = Panel::at(i, g.out_channels);
      multiply_panel(pointers, 0, round_up(pixels.count(block), kRows), pixels.runs(), panel,
                     packed.data() + i * panel_floats, tile, kColumns);
      const float* row = tile;
      const int64_t first = pixels.first_line(block);
      for (int64_t line = first; line < first + pixels.lines(block); ++line)
        for (int64_t j = 0; j < g.w.out; ++j, row += kColumns)
          convert(row, panel.end - panel.begin, out + g.out_offset(line, j) + panel.begin);
    }
  });
}

template <class T>
void direct_conv(const ConvShape& s, const T* x, const T* w, T* y) {
  gather_conv(forward_gather(s), x, Filter<T>(s, w, /*transposed=*/false), y);
}

template <class T>
void direct_backward_data(const ConvShape& s, const T* dy, const T* w, T* dx) {
  const Filter<T> filter(s, w, /*transposed=*/true);
  for (int64_t row = 0; row < min(s.stride, s.h); ++row)
    for (int64_t column = 0; column < min(s.stride, s.w); ++column)
      gather_conv(data_gradient_gather(s, row, column), dy, filter, dx);
}

}  // namespace
}  // namespace siam::cpu
