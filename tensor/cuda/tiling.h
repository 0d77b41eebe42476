#pragma once
// How a matrix [groups * rows, columns] is divided among the blocks of a grid: by columns (grid.x),
// by chunks of rows (grid.y), by groups (grid.z). Threads are [y][x], x over packs of columns, y
// over rows, so a warp reads whole cache lines and a thread keeps its columns' constants in
// registers. The division depends on the problem alone, not on the GPU, and so does the order of
// every sum.

#include <cstdint>

#include "tensor/host_device.h"

namespace siam::cuda {

struct Tiling {
  int threads_x = 1;           ///< a power of two, at most kMostThreadsX
  int threads_y = 1;           ///< kThreads / threads_x
  int64_t column_packs = 0;    ///< packs in a row
  int64_t rows = 0;            ///< in one group
  int64_t rows_per_chunk = 0;  ///< a multiple of threads_y
  int column_tiles = 0;
  int chunks = 0;  ///< 0 if there are no rows

  static constexpr int kThreads = 256, kMostThreadsX = 32;
  /// Blocks a grid should have: 16 for each processor of an H100 (132). A processor holds 3 to 8 of
  /// them at a time, depending on their registers, so there are 2 to 6 waves, and the processors
  /// idle in the last one cost little.
  static constexpr int kBlocks = 16 * 132;
  /// The same for reductions, whose blocks end in a merge: half as many, with twice the rows.
  static constexpr int kReductionBlocks = 8 * 132;
  /// The fewest rows a thread should have to be worth starting, if a row is one pack.
  static constexpr int kRowsPerThread = 4;
};

inline Tiling make_tiling(int64_t groups, int64_t rows, int64_t column_packs,
                          int blocks = Tiling::kBlocks,
                          int rows_per_thread = Tiling::kRowsPerThread) {
  const auto ceil_div = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  Tiling t;
  t.rows = rows;
  t.column_packs = column_packs;
  while (t.threads_x < Tiling::kMostThreadsX && t.threads_x < column_packs) t.threads_x *= 2;
  t.threads_y = Tiling::kThreads / t.threads_x;
  t.column_tiles = static_cast<int>(ceil_div(column_packs, t.threads_x));
  if (rows == 0 || column_packs == 0 || groups == 0) return t;
  const int64_t wanted = ceil_div(blocks, t.column_tiles * groups);
  const int64_t useful = ceil_div(rows, int64_t{t.threads_y} * rows_per_thread);
  const int64_t chunks = wanted < useful ? wanted : useful;
  t.rows_per_chunk = ceil_div(ceil_div(rows, chunks), t.threads_y) * t.threads_y;
  t.chunks = static_cast<int>(ceil_div(rows, t.rows_per_chunk));
  return t;
}

/// A block of the second stage of a reduction: threads [rows][columns], each with few enough of a
/// column's chunks to merge that all their loads are in flight at once.
struct MergeShape {
  int columns, rows;
};

inline MergeShape merge_shape(int chunks) {
  int rows = 8;
  while (rows < 128 && rows * 8 < chunks) rows *= 2;
  return {Tiling::kThreads / rows, rows};
}

/// Windows [first, last] of a pooling along one axis that contain the position.
struct WindowRange {
  int first, last;
};

SIAM_HOST_DEVICE inline WindowRange windows_over(int position, int window, int stride, int padding,
                                                 int outputs) {
  const int padded = position + padding;
  // Smallest p with p stride + window > padded, and largest with p stride <= padded.
  const int first = padded < window ? 0 : (padded - window) / stride + 1;
  const int last = padded / stride;
  return {first, last < outputs ? last : outputs - 1};
}

/// Image, row and column of a pixel number in [N,H,W].
struct Pixel {
  int n, h, w;
};

SIAM_HOST_DEVICE inline Pixel pixel_of(uint32_t index, uint32_t height, uint32_t width) {
  const uint32_t row = index / width;
  return {static_cast<int>(row / height), static_cast<int>(row % height),
          static_cast<int>(index % width)};
}

}  // namespace siam::cuda
