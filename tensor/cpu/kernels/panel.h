#pragma once
// A block of rows times a panel. The right operand of every product is packed once into panels
// [l][j] that are read sequentially: two vectors wide, or one for the last panel of a matrix. The
// left one is read in place, with a pointer per row.

#include "tensor/cpu/kernels/register_block.h"

namespace siam::cpu {
namespace {

/// Floats of the longest piece of a row that is multiplied at once: the piece of a panel (512 x 16
/// for AVX2: 32 KiB) then stays in the first-level cache while all rows of a block are multiplied
/// by it. The sums of pieces are added up, so that a long sum loses fewer digits.
constexpr int64_t kPiece = 512;

/// The layout of a row of the left operand: `taps` runs of `length` elements, `tap_stride` apart.
struct Runs {
  int64_t taps, tap_stride, length;
};

/// Columns [begin, end) of a matrix that is cut into panels.
struct Panel {
  int64_t begin, end;
  int width() const { return end - begin > kLanes ? kColumns : kLanes; }

  static int64_t count(int64_t columns) { return ceil_div(columns, kColumns); }
  static Panel at(int64_t index, int64_t columns) {
    return {index * kColumns, min((index + 1) * kColumns, columns)};
  }
};

/// Row l of the panel is src[l step + j column_step] for its columns j, 0 beyond them. One of the
/// steps is 1.
template <class T>
void pack_panel(const T* src, int64_t rows, int64_t step, int64_t column_step, const Panel& panel,
                float* out) {
  const int64_t columns = panel.end - panel.begin, width = panel.width();
  if (column_step == 1) {
    for (int64_t l = 0; l < rows; ++l, src += step, out += width)
      for (int64_t j = 0; j < width; j += kLanes)
        store(out + j, load_some(src + min(j, columns), max(columns - j, 0)));
    return;
  }
  for (int64_t l = 0; l < rows; l += kLanes, out += kLanes * width) {
    const int64_t count = min(kLanes, rows - l);
    for (int64_t j = 0; j < width; j += kLanes) {
      Vec square[kLanes];
      for (int64_t i = 0; i < kLanes; ++i)
        square[i] = j + i < columns ? load_some(src + (j + i) * column_step + l, count) : Vec{};
      transpose(square);
      for (int64_t i = 0; i < count; ++i) store(out + i * width + j, square[i]);
    }
  }
}

/// How products are computed, here of floats. bf16_products.h has others.
struct FloatProducts {
  using Element = float;                          ///< of both operands
  static constexpr int64_t kRowsOfBlock = kRows;  ///< rows of a come in multiples of it
  static constexpr int64_t kEquidistantRows = 1;  ///< group size that is faster if its rows are
                                                  ///< equidistant

  /// Must exist in every thread that multiplies.
  struct Session {};

  template <int kVectors, class... Arguments>
  static void dot(const Arguments&... arguments) {
    dot_rows<kVectors>(arguments...);
  }
};

template <class Products, int kVectors>
void multiply_vectors(const typename Products::Element* const* rows, int64_t offset, int64_t count,
                      const Runs& runs, const typename Products::Element* panel, float* c,
                      int64_t c_stride) {
  const int64_t piece = min(runs.length, kPiece), taps = max(1, kPiece / runs.length);
  for (int64_t tap = 0; tap < runs.taps; tap += taps)
    for (int64_t l = 0; l < runs.length; l += piece) {
      const auto* b = panel + (tap * runs.length + l) * kVectors * kLanes;
      for (int64_t i = 0; i < count; i += Products::kRowsOfBlock) {
        Products::template dot<kVectors>(rows + i, offset + tap * runs.tap_stride + l,
                                         min(taps, runs.taps - tap), runs.tap_stride,
                                         min(piece, runs.length - l), b, tap > 0 || l > 0,
                                         c + i * c_stride, c_stride);
      }
    }
}

/// c[i][j] = (rows[i] + offset) . column j of the packed panel, for count rows, a multiple of
/// kRowsOfBlock; a row of c is c_stride floats, and panel.width() of them are written.
template <class Products = FloatProducts>
void multiply_panel(const typename Products::Element* const* rows, int64_t offset, int64_t count,
                    const Runs& runs, const Panel& panel, const typename Products::Element* packed,
                    float* c, int64_t c_stride) {
  if (panel.width() == kColumns)
    multiply_vectors<Products, 2>(rows, offset, count, runs, packed, c, c_stride);
  else
    multiply_vectors<Products, 1>(rows, offset, count, runs, packed, c, c_stride);
}

/// dot_columns for the columns of a panel, the first of which b and c point to.
template <int kCount = kRows, class Row>
void dot_panel_columns(const Panel& panel, const Row& row, const float* b, int64_t b_stride,
                       int64_t count, bool add, float* c, int64_t c_stride) {
  if (panel.width() == kColumns)
    dot_columns<2, kCount>(row, b, b_stride, count, add, c, c_stride);
  else
    dot_columns<1, kCount>(row, b, b_stride, count, add, c, c_stride);
}

}  // namespace
}  // namespace siam::cpu
