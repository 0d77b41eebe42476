#pragma once
// Convolution by the definition's products: the windows of a block of output pixels (pixel_rows.h)
// times the filters in panels.

#include "tensor/cpu/kernels/filter_panels.h"
#include "tensor/cpu/kernels/pixel_rows.h"

namespace siam::cpu {
namespace {

/// Output pixels of a block: the data they read should stay in the second-level cache.
inline int64_t pixels_of_block(const Gather& g) {
  constexpr int64_t kFloats = 1 << 16;
  const int64_t per_pixel = g.in_channels * g.h.in_step * g.w.in_step;
  return min(32 * kRows, max(4 * kRows, kFloats / per_pixel));
}

// Pixels that no window reaches, such as three of four under a 1x1 filter of stride 2.
template <class T>
void write_zeros(const Gather& g, T* out) {
  const size_t bytes = sizeof(T) * static_cast<size_t>(g.out_channels);
  parallel_for(g.images * g.h.out, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line)
      for (int64_t j = 0; j < g.w.out; ++j) std::memset(out + g.out_offset(line, j), 0, bytes);
  });
}

template <class Products, class T>
void gather_conv(const Gather& g, const T* in, const Filter<T>& filter, T* out) {
  if (g.h.out <= 0 || g.w.out <= 0) return;
  if (g.taps() == 0) return write_zeros(g, out);
  const int64_t panels = Panel::count(g.out_channels);
  using Element = typename Products::Element;
  const int64_t panel_size = g.taps() * g.in_channels * kColumns;
  const Scratch memory(static_cast<size_t>(Pieces::floats<Element>(panels * panel_size)));
  auto* packed = reinterpret_cast<Element*>(memory.data());
  for_tasks(panels, [&](int64_t i, int) {
    filter.pack(g.h.taps, g.w.taps, Panel::at(i, g.out_channels), packed + i * panel_size);
  });
  const PixelRows<T, Products> pixels(g, in, pixels_of_block(g), /*always_copy=*/false);
  const int64_t rows = pixels.most_rows();
  const ThreadScratch scratch(Pieces::floats<Element>(pixels.copy_elements()) +
                              Pieces::floats<Element*>(rows) + Pieces::floats(rows * kColumns));
  for_tasks(pixels.blocks(), [&](int64_t block, int part) {
    [[maybe_unused]] const typename Products::Session session;
    Pieces pieces(scratch.at(part));
    auto* copy = pieces.take<Element>(pixels.copy_elements());
    auto** pointers = pieces.take<const Element*>(rows);
    float* tile = pieces.take(rows * kColumns);
    pixels.load(block, copy, pointers);
    for (int64_t i = 0; i < panels; ++i) {
      const Panel panel = Panel::at(i, g.out_channels);
      multiply_panel<Products>(pointers, 0, round_up(pixels.count(block), Products::kRowsOfBlock),
                               pixels.runs(), panel, packed + i * panel_size, tile, kColumns);
      for (int64_t l = 0; l < pixels.lines(block); ++l)
        for (int64_t j = 0; j < g.w.out; ++j)
          convert(tile + pixels.row(block, l, j) * kColumns, panel.end - panel.begin,
                  out + g.out_offset(pixels.first_line(block) + l, j) + panel.begin);
    }
  });
}

template <class Products = FloatProducts, class T>
void direct_conv(const ConvShape& s, const T* x, const T* w, T* y) {
  gather_conv<Products>(forward_gather(s), x, Filter<T>(s, w, /*transposed=*/false), y);
}

template <class Products = FloatProducts, class T>
void direct_backward_data(const ConvShape& s, const T* dy, const T* w, T* dx) {
  const Filter<T> filter(s, w, /*transposed=*/true);
  for (int64_t row = 0; row < min(s.stride, s.h); ++row)
    for (int64_t column = 0; column < min(s.stride, s.w); ++column)
      gather_conv<Products>(data_gradient_gather(s, row, column), dy, filter, dx);
}

}  // namespace
}  // namespace siam::cpu
