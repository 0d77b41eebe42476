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
      in_both_directions<Vec, 3, kProducts>(
          [&](int64_t j, Vec* g) {
            for (int i = 0; i < 3; ++i) g[i] = load(packed + (i * 3 + j) * size + at);
          },
          [](const Vec* g, Vec* u) { Algebra::filter(g, u); },
          [&](int64_t i, const Vec* u) {
            for (int j = 0; j < kProducts; ++j)
              store(transformed + (i * kProducts + j) * size + at, u[j]);
          });
    }
  });
}

/// Results of a tile in channels [begin, begin + count) of all, from products; a row of `from`
/// starts with the first of these channels. Rows that do not exist are null. The next tile is
/// prefetched: a store waits for the rest of its cache line.
template <class Algebra, class T, int kOutputs>
void finish_tile(const Planes& from, int64_t tile, Square<T, kOutputs> square,
                 Square<T, kOutputs> next, int64_t channels, int64_t begin, int64_t count) {
  constexpr int kProducts = Algebra::kProducts;
  for (int64_t c = 0; c < count; c += kLanes)
    in_both_directions<Vec, kProducts, kOutputs>(
        [=, first = from.at(0, tile) + c, plane = from.plane](int64_t j, Vec* m) {
          const float* product = first + j * plane;
#pragma GCC unroll 9
          for (int i = 0; i < kProducts; ++i, product += kProducts * plane) m[i] = load(product);
        },
        [](const Vec* m, Vec* y) { Algebra::output(m, y); },
        [=](int64_t i, const Vec* y) {
          if (T* pixel = next.rows[i])
#pragma GCC unroll 8
            for (int64_t j = 0; j < kOutputs; ++j)
              __builtin_prefetch(pixel + j * channels + begin + c, 1);
          if (T* pixel = square.rows[i])
#pragma GCC unroll 8
            for (int64_t j = 0; j < kOutputs; ++j)
              if (j < square.end) store_some(pixel + j * channels + begin + c, y[j], count - c);
        });
}

template <class Algebra, class T>
void winograd_conv(const Tiling<Algebra>& tiling, const Images<const T>& in,
                   const Filter<T>& filter, const Images<T>& out) {
  constexpr int kInputs = Algebra::kInputs, kProducts = Algebra::kProducts,
                kAll = kProducts * kProducts;
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
      Pieces::floats<T>(kInputs * c) + Pieces::floats<float*>(tiles));
  for_tasks(blocks, [&](int64_t block, int part) {
    Pieces pieces(scratch.at(part));
    const Planes data(pieces.take(kAll * Planes::plane_floats(tiles, c)), tiles, c);
    const Planes products(pieces.take(kAll * Planes::plane_floats(tiles, group)), tiles, group);
    auto* zeros = pieces.take<T>(kInputs * c);
    std::memset(zeros, 0, sizeof(T) * static_cast<size_t>(kInputs * c));
    auto** rows = pieces.take<const float*>(tiles);  // of product 0
    const int64_t first = block * strips / blocks * kRows;
    const int64_t count = min((block + 1) * strips / blocks * kRows, tiling.count()) - first;
    for (int64_t t = 0; t < tiles; ++t) rows[t] = data.at(0, min(t, count - 1));
    tiling.for_inputs(first, count, in, static_cast<const T*>(zeros),
                      [&](int64_t t, const auto& square, const auto& next) {
                        transform_tile<kProducts>(
                            square, next, c, data, t,
                            [](const Vec* d, Vec* v) { Algebra::input(d, v); });
                      });
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
      tiling.for_outputs(first, count, out, static_cast<T*>(nullptr),
                         [&](int64_t t, const auto& square, const auto& next) {
                           finish_tile<Algebra>(products, t, square, next, k, begin, end - begin);
                         });
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
