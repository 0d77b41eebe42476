// The index arithmetic of the CUDA kernels, on the CPU.

#include "tensor/cuda/tiling.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <vector>

namespace siam::cuda {

TEST_CASE("a tiling covers every row and every pack exactly once") {
  for (const int64_t groups : {1, 2, 3})
    for (const int64_t rows : {0, 1, 7, 255, 256, 1000, 70000})
      for (const int64_t packs : {1, 3, 8, 31, 33, 300}) {
        CAPTURE(fmt::format("groups {} rows {} packs {}", groups, rows, packs));
        const Tiling t = make_tiling(groups, rows, packs);
        CHECK(t.threads_x * t.threads_y == Tiling::kThreads);
        CHECK(t.threads_x <= 32);
        // The last tile of columns is not empty, and the tiles together cover all packs.
        CHECK(int64_t{t.column_tiles} * t.threads_x >= packs);
        CHECK(int64_t{t.column_tiles - 1} * t.threads_x < packs);
        // The same for the chunks of rows; no rows, no chunks.
        CHECK(t.chunks * t.rows_per_chunk >= rows);
        CHECK((rows == 0 ? t.chunks == 0 : (t.chunks - 1) * t.rows_per_chunk < rows));
        // CUDA's limit on grid.y.
        CHECK(t.chunks <= 65535);
      }
}

TEST_CASE("the second stage of a reduction has few chunks for each thread") {
  for (const int chunks : {0, 1, 64, 100, 1000, 1056, 2112}) {
    const MergeShape shape = merge_shape(chunks);
    CHECK(shape.columns * shape.rows == Tiling::kThreads);
    CHECK((shape.rows & (shape.rows - 1)) == 0);  // merged by halves
    CHECK(shape.rows * 17 >= chunks);
  }
}

TEST_CASE("windows over a position are those that contain it") {
  for (const int window : {1, 2, 3, 5})
    for (const int stride : {1, 2, 3})
      for (int padding = 0; 2 * padding <= window; ++padding)
        for (const int extent : {5, 8, 13}) {
          const int outputs = (extent + 2 * padding - window) / stride + 1;
          for (int position = 0; position < extent; ++position) {
            std::vector<int> expected, seen;
            for (int p = 0; p < outputs; ++p) {
              const int start = p * stride - padding;
              if (start <= position && position < start + window) expected.push_back(p);
            }
            const WindowRange range = windows_over(position, window, stride, padding, outputs);
            for (int p = range.first; p <= range.last; ++p) seen.push_back(p);
            CAPTURE(fmt::format("window {} stride {} padding {} extent {} position {}", window,
                                stride, padding, extent, position));
            CHECK(seen == expected);
          }
        }
}

TEST_CASE("pixel numbers run over images, rows and columns") {
  const int height = 3, width = 5;
  uint32_t index = 0;
  for (int n = 0; n < 4; ++n)
    for (int h = 0; h < height; ++h)
      for (int w = 0; w < width; ++w, ++index) {
        const Pixel pixel = pixel_of(index, height, width);
        CHECK((pixel.n == n && pixel.h == h && pixel.w == w));
      }
}

}  // namespace siam::cuda
