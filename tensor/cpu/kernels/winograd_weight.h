#pragma once
// Weight gradient in transformed tiles: those of x and, by the transposed output transform, those
// of dy are multiplied at each pair of points,
//   sums[product][k][c] = sum over tiles of dy[product][tile][k] x[product][tile][c],
// and the transposed filter transform gives dw. A batch of tiles is transformed by all threads,
// which then share out products and channels, so that each sum runs over the tiles in order.

#include "tensor/cpu/kernels/panel.h"
#include "tensor/cpu/kernels/threads.h"
#include "tensor/cpu/kernels/winograd_tiles.h"

namespace siam::cpu {
namespace {

// dw[k][tap][c] from the sums.
template <class Algebra>
void finish_weights(const ConvShape& s, const float* sums, int64_t row, int64_t plane, float* dw) {
  constexpr int kProducts = Algebra::kProducts;
  for_tasks(s.k, [&](int64_t k, int) {
    for (int64_t c = 0; c < s.c; c += kLanes) {
      Vec u[kProducts][kProducts], g[3][3];
      for (int i = 0; i < kProducts; ++i)
        for (int j = 0; j < kProducts; ++j)
          u[i][j] = load(sums + (i * kProducts + j) * plane + k * row + c);
      in_both_directions(u, g, [](const Vec* u, Vec* g) { Algebra::filter_transposed(u, g); });
      for (int i = 0; i < 9; ++i) store_some(dw + (k * 9 + i) * s.c + c, g[i / 3][i % 3], s.c - c);
    }
  });
}

template <class Algebra, class T>
void winograd_weight(const ConvShape& s, const T* dy, const T* x, float* dw) {
  constexpr int kInputs = Algebra::kInputs, kOutputs = Algebra::kOutputs,
                kProducts = Algebra::kProducts, kAll = kProducts * kProducts;
  // 2 MiB of transformed tiles: the next step finds them in the cache. At least 96, for which a
  // register block of sums is loaded and stored once.
  constexpr int64_t kBatchFloats = 1 << 19, kLeastTiles = 96;
  const Tiling<Algebra> tiling(s.n, s.p, s.q, -s.padding);
  const int64_t batch = min(tiling.count(), max(kLeastTiles, kBatchFloats / (kAll * (s.c + s.k))));
  const int64_t x_floats = kAll * Planes::plane_floats(batch, s.c);
  const int64_t dy_floats = kAll * Planes::plane_floats(batch, s.k);
  const Scratch tiles(static_cast<size_t>(x_floats + dy_floats));
  const Planes x_tiles(tiles.data(), batch, s.c), dy_tiles(tiles.data() + x_floats, batch, s.k);
  // Lanes beyond the channels hold what was in the memory; their sums are never read.
  const int64_t row = round_up(s.c, kLanes), plane = round_up(s.k, kRows) * row;
  const Scratch sums(static_cast<size_t>(kAll * plane));
  const Scratch zeros(static_cast<size_t>(max(s.c, s.k)));
  std::memset(zeros.data(), 0, sizeof(float) * static_cast<size_t>(max(s.c, s.k)));
  auto* outside = reinterpret_cast<const T*>(zeros.data());

  const Images<const T> images{x, s.h, s.w, s.c}, gradients{dy, s.p, s.q, s.k};
  for (int64_t first = 0; first < tiling.count(); first += batch) {
    const int64_t count = min(batch, tiling.count() - first);
    constexpr int64_t kTilesOfTask = 8;
    for_tasks(ceil_div(count, kTilesOfTask), [&](int64_t task, int) {
      for (int64_t t = task * kTilesOfTask; t < min((task + 1) * kTilesOfTask, count); ++t) {
        const T *in[kInputs][kInputs], *out[kOutputs][kOutputs];
        tiling.inputs(first + t, images, outside, in);
        transform_tile<kInputs, kProducts>(in, s.c, x_tiles, t,
                                           [](const Vec* d, Vec* v) { Algebra::input(d, v); });
        tiling.outputs(first + t, gradients, outside, out);
        transform_tile<kOutputs, kProducts>(
            out, s.k, dy_tiles, t, [](const Vec* d, Vec* z) { Algebra::output_transposed(d, z); });
      }
    });
    const int64_t panels = Panel::count(s.c);
    for_tasks(kAll * panels, [&](int64_t task, int) {
      const int64_t product = task / panels;
      const Panel panel = Panel::at(task % panels, s.c);
      const float* right = x_tiles.at(product, 0) + panel.begin;
      for (int64_t k = 0; k < s.k; k += kRows) {
        const float* left = dy_tiles.at(product, 0) + k;
        auto tile = [=, stride = dy_tiles.row](int64_t t) { return left + t * stride; };
        float* c = sums.data() + product * plane + k * row + panel.begin;
        dot_panel_columns(panel, tile, right, x_tiles.row, count, first > 0, c, row);
      }
    });
  }
  finish_weights<Algebra>(s, sums.data(), row, plane, dw);
}

template <class T>
void winograd_backward_weight(const ConvShape& s, ConvAlgorithm algorithm, const T* dy, const T* x,
                              float* dw) {
  with_algebra(algorithm, [&]<class Algebra>(Algebra) { winograd_weight<Algebra>(s, dy, x, dw); });
}

}  // namespace
}  // namespace siam::cpu
