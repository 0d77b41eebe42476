#pragma once
// The images as the left operand, never materialised, of a matrix product: row (n,p,q) holds the
// window of output pixel (n,p,q), as h.taps runs of w.taps x channels elements that are contiguous
// in channels-last memory. If a window extends beyond the border, or the products need another
// type, a block of images is copied with a border of zeros.
//
// Some products need groups of rows at equal distances. The pixels of a line are equidistant; if
// lines are shorter than a group, a block's rows are one pixel of all its images, then the next
// pixel.

#include "tensor/cpu/kernels/geometry.h"
#include "tensor/cpu/kernels/panel.h"
#include "tensor/cpu/kernels/threads.h"

namespace siam::cpu {
namespace {

template <class T, class Products = FloatProducts>
class PixelRows {
 public:
  using Element = typename Products::Element;

  /// Blocks have about `pixels` rows: whole lines, a line being a row of output pixels.
  PixelRows(const Gather& gather, const T* images, int64_t pixels, bool always_copy)
      : g_(gather),
        images_(images),
        width_(g_.w.span(g_.w.out)),
        copies_(always_copy || !std::is_same_v<T, Element> || !g_.h.needs_no_padding() ||
                !g_.w.needs_no_padding() || (kGroup > 1 && !pixels_are_contiguous())),
        across_images_(kGroup > 1 && copies_ && 2 * g_.w.out <= kGroup),
        row_of_line_(kGroup > 1 && copies_ && !across_images_ ? round_up(g_.w.out, kGroup)
                                                              : g_.w.out) {
    lines_ = max(1, pixels / g_.w.out);
    if (across_images_) lines_ = round_up(ceil_div(lines_, g_.h.out), kGroup) * g_.h.out;
    lines_ = min(lines_, g_.images * g_.h.out);
  }

  int64_t blocks() const { return ceil_div(g_.images * g_.h.out, lines_); }
  int64_t lines(int64_t block) const { return min(lines_, g_.images * g_.h.out - block * lines_); }
  int64_t first_line(int64_t block) const { return block * lines_; }
  /// Rows of a block, and their number rounded up to whole register blocks.
  int64_t count(int64_t block) const { return lines(block) * row_of_line_; }
  int64_t most_rows() const { return round_up(lines_ * row_of_line_, Products::kRowsOfBlock); }
  /// The row of pixel j of the block's l-th line.
  int64_t row(int64_t block, int64_t l, int64_t j) const {
    if (!across_images_) return l * row_of_line_ + j;
    return (l % g_.h.out * g_.w.out + j) * (lines(block) / g_.h.out) + l / g_.h.out;
  }

  Runs runs() const {
    return {g_.h.taps.count, (copies_ ? width_ : g_.h.pitch * g_.in_width) * g_.in_channels,
            g_.w.taps.count * g_.in_channels};
  }

  /// Elements of memory that load() needs. A row may be read kRows elements too far, and a group of
  /// rows past its line.
  int64_t copy_elements() const {
    if (!copies_) return 0;
    const int64_t slack = kRows + kGroup * g_.w.in_step * g_.in_channels;
    if (across_images_) return lines_ / g_.h.out * image_pitch() + slack;
    const int64_t images = lines_ / g_.h.out + 2;  // that a block may overlap
    const int64_t rows = min(lines_ * g_.h.in_step + images * g_.h.taps.count,
                             images * g_.h.span(min(lines_, g_.h.out)));
    return rows * width_ * g_.in_channels + slack;
  }

  /// Points `rows` to a block's rows; the last one is repeated up to the next multiple of
  /// kRowsOfBlock.
  void load(int64_t block, Element* copy, const Element** rows) const {
    for (int64_t l = 0; l < lines(block);) {
      const int64_t line = first_line(block) + l, image = line / g_.h.out, i = line % g_.h.out;
      const int64_t count = min(g_.h.out - i, lines(block) - l);
      const Element* start = copy;
      int64_t row_stride = width_ * g_.in_channels, step = g_.w.in_step * g_.in_channels;
      if (copies_) {
        Element* end = copy_lines(image, i, count, copy);
        copy = across_images_ ? copy + image_pitch() : end;
      } else if constexpr (std::is_same_v<T, Element>) {
        row_stride = g_.h.pitch * g_.in_width * g_.in_channels;
        step *= g_.w.pitch;
        start = at(image, g_.h.in_first + i * g_.h.in_step, g_.w.in_first);
      }
      const int64_t of_line = across_images_ ? g_.w.out : row_of_line_;
      for (int64_t end = l + count; l < end; ++l, start += g_.h.in_step * row_stride)
        for (int64_t j = 0; j < of_line; ++j) rows[row(block, l, j)] = start + j * step;
    }
    const int64_t all = count(block);
    for (int64_t i = all; i % Products::kRowsOfBlock; ++i) rows[i] = rows[all - 1];
  }

 private:
  static constexpr int64_t kGroup = Products::kEquidistantRows;

  bool pixels_are_contiguous() const {
    return g_.taps() == 1 && g_.h.in_step == 1 && g_.w.in_step == 1 && g_.h.pitch == 1 &&
           g_.w.pitch == 1 && g_.h.out == g_.in_height && g_.w.out == g_.in_width;
  }

  /// Elements from one copied image to the next: an odd number of cache lines, so that the same
  /// pixel of several images does not map to the same set of the cache.
  int64_t image_pitch() const {
    constexpr int64_t kLine = 64 / sizeof(Element);
    return (ceil_div(g_.h.span(g_.h.out) * width_ * g_.in_channels, kLine) | 1) * kLine;
  }

  const T* at(int64_t image, int64_t row, int64_t column) const {
    return images_ +
           ((image * g_.in_height + row * g_.h.pitch) * g_.in_width + column * g_.w.pitch) *
               g_.in_channels;
  }

  // Copies the part of an image that the windows of `count` lines cover; returns the end of the
  // copy.
  Element* copy_lines(int64_t image, int64_t line, int64_t count, Element* copy) const {
    const int64_t c = g_.in_channels, top = g_.h.in_first + line * g_.h.in_step;
    const int64_t left = min(width_, max(0, -g_.w.in_first));  // columns of zeros
    const int64_t inside = max(0, min(width_, g_.w.in - g_.w.in_first) - left);
    for (int64_t row = top; row < top + g_.h.span(count); ++row, copy += width_ * c) {
      if (row < 0 || row >= g_.h.in || inside == 0) {
        std::memset(copy, 0, sizeof(Element) * static_cast<size_t>(width_ * c));
        continue;
      }
      std::memset(copy, 0, sizeof(Element) * static_cast<size_t>(left * c));
      const T* from = at(image, row, g_.w.in_first + left);
      Element* to = copy + left * c;
      if (g_.w.pitch == 1)
        convert(from, inside * c, to);
      else
        for (int64_t j = 0; j < inside; ++j) convert(from + j * g_.w.pitch * c, c, to + j * c);
      const int64_t right = width_ - left - inside;
      std::memset(to + inside * c, 0, sizeof(Element) * static_cast<size_t>(right * c));
    }
    return copy;
  }

  Gather g_;
  const T* images_;
  int64_t width_;  ///< of a copied row, in pixels
  bool copies_, across_images_;
  int64_t row_of_line_;  ///< rows from one line to the next
  int64_t lines_;        ///< of a block
};

}  // namespace
}  // namespace siam::cpu
