#pragma once
// Convolution in transformed tiles (winograd_algebra.h): every tile of the images is evaluated at
// all pairs of points, and so are the filters; at each pair the channels are multiplied as matrices
// [tiles,C] [C,K]; the products are interpolated to tiles of the result.

#include "tensor/cpu/kernels/filter_panels.h"
#include "tensor/cpu/kernels/threads.h"
#include "tensor/cpu/kernels/winograd_tiles.h"

namespace siam::cpu {
namespace {

/// Filters at all pairs of points, [panel][product][C][j].
template <class Algebra, class T>
void transform_filters(const Filter<T>& filter, float* to) {
  constexpr int kProducts = Algebra::kProducts;
  const int64_t in = filter.in(), out = filter.out();
  // The data gradient rotates the filter by 180 degrees.
  const Taps taps = filter.transposed ? Taps{3, 2, -1} : Taps{3, 0, 1};
  const ThreadScratch scratch(9 * in * kColumns);
  for_tasks(Panel::count(out), [&](int64_t index, int part) {
    const Panel panel = Panel::at(index, out);
    const int64_t size = in * panel.width();
    const float* packed = scratch.at(part);
    filter.pack(taps, taps, panel, scratch.at(part));
    float* transformed = to + kProducts * kProducts * index * in * kColumns;
    for (int64_t at = 0; at < size; at += kLanes) {
      Vec g[3][3], u[kProducts][kProducts];
      for (int i = 0; i < 9; ++i) g[i / 3][i % 3] = load(packed + i * size + at);
      in_both_directions(g, u, [](const Vec* g, Vec* u) { Algebra::filter(g, u); });
      for (int i = 0; i < kProducts; ++i)
        for (int j = 0; j < kProducts; ++j)
          store(transformed + (i * kProducts + j) * size + at, u[i][j]);
    }
  });
}

/// Results of a tile in channels [begin, begin + count), from products; a row of `from` starts with
/// the first of these channels.
template <class Algebra, class T, int kOutputs>
void finish_tile(const Planes& from, int64_t tile, T* const (&pixels)[kOutputs][kOutputs],
                 int64_t begin, int64_t count) {
  constexpr int kProducts = Algebra::kProducts;
  for (int64_t c = 0; c < count; c += kLanes) {
    Vec m[kProducts][kProducts], y[kOutputs][kOutputs];
    const float* product = from.at(0, tile) + c;
#pragma GCC unroll 9
    for (int i = 0; i < kProducts; ++i)
#pragma GCC unroll 9
      for (int j = 0; j < kProducts; ++j, product += from.plane) m[i][j] = load(product);
    in_both_directions(m, y, [](const Vec* m, Vec* y) { Algebra::output(m, y); });
    // Unrolled only if a store is one instruction; otherwise it would be most of the program.
    if (sizeof(T) < sizeof(float) || c + kLanes > count) {
#pragma GCC unroll 1
      for (int i = 0; i < kOutputs * kOutputs; ++i)
        if (T* to = pixels[i / kOutputs][i % kOutputs])
          store_some(to + begin + c, y[i / kOutputs][i % kOutputs], count - c);
      continue;
    }
#pragma GCC unroll 8
    for (int i = 0; i < kOutputs; ++i)
#pragma GCC unroll 8
      for (int j = 0; j < kOutputs; ++j)
        if (T* to = pixels[i][j]) store(to + begin + c, y[i][j]);
  }
}

template <class Algebra, class T>
void winograd_conv(const Tiling<Algebra>& tiling, const Images<const T>& in,
                   const Filter<T>& filter, const Images<T>& out) {
  constexpr int kInputs = Algebra::kInputs, kOutputs = Algebra::kOutputs,
                kProducts = Algebra::kProducts, kAll = kProducts * kProducts;
  constexpr int64_t kMostTiles = 96;    // of a block
  constexpr int64_t kMostColumns = 64;  // of results at a time: their products stay in the cache
  const int64_t c = in.channels, k = out.channels, panels = Panel::count(k);
  const int64_t group = min(kMostColumns, round_up(k, kColumns));
  const Scratch filters(static_cast<size_t>(panels * kAll * c * kColumns));
  transform_filters<Algebra>(filter, filters.data());

  // As many blocks as keep all threads busy to the end, each of whole register blocks.
  const int64_t strips = ceil_div(tiling.count(), kRows);
  const int64_t blocks = min(strips, round_up(ceil_div(tiling.count(), kMostTiles), threads()));
  const int64_t tiles = ceil_div(strips, blocks) * kRows;  // of the largest block
  const ThreadScratch scratch(
      kAll * (Planes::plane_floats(tiles, c) + Planes::plane_floats(tiles, group)) +
      Pieces::floats<T>(c) + Pieces::floats<float*>(tiles));
  for_tasks(blocks, [&](int64_t block, int part) {
    Pieces pieces(scratch.at(part));
    const Planes data(pieces.take(kAll * Planes::plane_floats(tiles, c)), tiles, c);
    const Planes products(pieces.take(kAll * Planes::plane_floats(tiles, group)), tiles, group);
    auto* zeros = pieces.take<T>(c);
    std::memset(zeros, 0, sizeof(T) * static_cast<size_t>(c));
    auto** rows = pieces.take<const float*>(tiles);  // of product 0
    const int64_t first = block * strips / blocks * kRows;
    const int64_t count = min((block + 1) * strips / blocks * kRows, tiling.count()) - first;
    for (int64_t t = 0; t < tiles; ++t) rows[t] = data.at(0, min(t, count - 1));
    for (int64_t t = 0; t < count; ++t) {
      const T* pixels[kInputs][kInputs];
      tiling.inputs(first + t, in, static_cast<const T*>(zeros), pixels);
      transform_tile<kInputs, kProducts>(pixels, c, data, t,
                                         [](const Vec* d, Vec* v) { Algebra::input(d, v); });
    }
    for (int64_t begin = 0; begin < k; begin += group) {
      const int64_t end = min(begin + group, k);
      for (int product = 0; product < kAll; ++product)
        for (int64_t i = begin / kColumns; i < Panel::count(end); ++i) {
          const Panel panel = Panel::at(i, k);
          const float* packed =
              filters.data() + kAll * i * c * kColumns + product * c * panel.width();
          multiply_panel(rows, product * data.plane, round_up(count, kRows), {1, 0, c}, panel,
                         packed, products.at(product, 0) + panel.begin - begin, products.row);
        }
      for (int64_t t = 0; t < count; ++t) {
        T* pixels[kOutputs][kOutputs];
        tiling.outputs(first + t, out, static_cast<T*>(nullptr), pixels);
        finish_tile<Algebra>(products, t, pixels, begin, end - begin);
      }
    }
  });
}

template <class T>
void winograd_conv(const ConvShape& s, ConvAlgorithm algorithm, const T* x, const T* w, T* y) {
  with_algebra(algorithm, [&]<class Algebra>(Algebra) {
    winograd_conv(Tiling<Algebra>(s.n, s.p, s.q, -s.padding), Images<const T>{x, s.h, s.w, s.c},
                  Filter<T>(s, w, /*transposed=*/false), Images<T>{y, s.p, s.q, s.k});
  });
}

template <class T>
void winograd_backward_data(const ConvShape& s, ConvAlgorithm algorithm, const T* dy, const T* w,
                            T* dx) {
  const Images<const T> in{dy, s.p, s.q, s.k};
  const Images<T> out{dx, s.h, s.w, s.c};
  const Filter<T> filter(s, w, /*transposed=*/true);
  if (algorithm == ConvAlgorithm::winograd_stride2)
    return winograd_conv(Tiling<WinogradStride2Data>(s.n, s.h, s.w, 0), in, filter, out);
  with_algebra(algorithm, [&]<class Algebra>(Algebra) {
    winograd_conv(Tiling<Algebra>(s.n, s.h, s.w, s.padding - 2), in, filter, out);
  });
}

}  // namespace
}  // namespace siam::cpu
