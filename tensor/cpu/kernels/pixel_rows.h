#pragma once
// The images as the left operand of a matrix product that is never written out: row (n,p,q) holds
// the window of output pixel (n,p,q), as h.taps runs of w.taps x channels floats that are
// contiguous in channels-last memory. Where a window reaches over the border, or the type is
// not f32, a block of images is copied with a border of zeros.

#include "tensor/cpu/kernels/geometry.h"
#include "tensor/cpu/kernels/panel.h"
#include "tensor/cpu/kernels/threads.h"

namespace siam::cpu {
namespace {

template <class T>
class PixelRows {
 public:
  /// Blocks are of about `pixels` rows: whole lines, a line being a row of output pixels.
  PixelRows(const Gather& gather, const T* images, int64_t pixels, bool always_copy)
      : g_(gather),
        images_(images),
        lines_(min(max(1, pixels / g_.w.out), g_.images * g_.h.out)),
        width_(g_.w.span(g_.w.out)),
        copies_(always_copy || sizeof(T) != sizeof(float) || !g_.h.needs_no_padding() ||
                !g_.w.needs_no_padding()) {}

  int64_t blocks() const { return ceil_div(g_.images * g_.h.out, lines_); }
  int64_t lines(int64_t block) const { return min(lines_, g_.images * g_.h.out - block * lines_); }
  int64_t first_line(int64_t block) const { return block * lines_; }
  /// Rows of a block, and their number rounded up to whole register blocks.
  int64_t count(int64_t block) const { return lines(block) * g_.w.out; }
  int64_t most_rows() const { return round_up(lines_ * g_.w.out, kRows); }

  Runs runs() const {
    return {g_.h.taps.count, (copies_ ? width_ : g_.h.pitch * g_.in_width) * g_.in_channels,
            g_.w.taps.count * g_.in_channels};
  }

  /// Floats of memory that load() needs. A row may be read kRows floats too far.
  int64_t copy_floats() const {
    if (!copies_) return 0;
    const int64_t images = lines_ / g_.h.out + 2;  // that a block has a part in
    const int64_t rows = min(lines_ * g_.h.in_step + images * g_.h.taps.count,
                             images * g_.h.span(min(lines_, g_.h.out)));
    return rows * width_ * g_.in_channels + kRows;
  }

  /// Points `rows` to a block's rows; up to the next multiple of kRows the last one again.
  void load(int64_t block, float* copy, const float** rows) const {
    const int64_t end = first_line(block) + lines(block);
    int64_t row = 0;
    for (int64_t line = first_line(block); line < end;) {
      const int64_t image = line / g_.h.out, i = line % g_.h.out;
      const int64_t count = min(g_.h.out - i, end - line);
      const float* start = copy;
      int64_t row_stride = width_ * g_.in_channels, step = g_.w.in_step * g_.in_channels;
      if (copies_) {
        copy = copy_lines(image, i, count, copy);
      } else if constexpr (sizeof(T) == sizeof(float)) {
        row_stride = g_.h.pitch * g_.in_width * g_.in_channels;
        step *= g_.w.pitch;
        start = at(image, g_.h.in_first + i * g_.h.in_step, g_.w.in_first);
      }
      for (int64_t l = 0; l < count; ++l)
        for (int64_t j = 0; j < g_.w.out; ++j)
          rows[row++] = start + l * g_.h.in_step * row_stride + j * step;
      line += count;
    }
    for (; row % kRows; ++row) rows[row] = rows[row - 1];
  }

 private:
  const T* at(int64_t image, int64_t row, int64_t column) const {
    return images_ +
           ((image * g_.in_height + row * g_.h.pitch) * g_.in_width + column * g_.w.pitch) *
               g_.in_channels;
  }

  // What the windows of `count` lines see of an image; returns the end of the copy.
  float* copy_lines(int64_t image, int64_t line, int64_t count, float* copy) const {
    const int64_t c = g_.in_channels, top = g_.h.in_first + line * g_.h.in_step;
    const int64_t left = min(width_, max(0, -g_.w.in_first));  // columns of zeros
    const int64_t inside = max(0, min(width_, g_.w.in - g_.w.in_first) - left);
    for (int64_t row = top; row < top + g_.h.span(count); ++row, copy += width_ * c) {
      if (row < 0 || row >= g_.h.in || inside == 0) {
        std::memset(copy, 0, sizeof(float) * static_cast<size_t>(width_ * c));
        continue;
      }
      std::memset(copy, 0, sizeof(float) * static_cast<size_t>(left * c));
      const T* from = at(image, row, g_.w.in_first + left);
      float* to = copy + left * c;
      if (g_.w.pitch == 1)
        convert(from, inside * c, to);
      else
        for (int64_t j = 0; j < inside; ++j) convert(from + j * g_.w.pitch * c, c, to + j * c);
      const int64_t right = width_ - left - inside;
      std::memset(to + inside * c, 0, sizeof(float) * static_cast<size_t>(right * c));
    }
    return copy;
  }

  Gather g_;
  const T* images_;
  int64_t lines_;  ///< of a block
  int64_t width_;  ///< of a copied row, in pixels
  bool copies_;
};

}  // namespace
}  // namespace siam::cpu
