#pragma once
// Weight gradient in transformed tiles: the tiles of x and, by the transposed output transform,
// those of dy are multiplied at each pair of points,
//   sums[product][k][c] = sum over tiles of dy[product][tile][k] x[product][tile][c],
// and the transposed filter transform gives dw.

#include "tensor/cpu/kernels/panel.h"
#include "tensor/cpu/kernels/weight_parts.h"
#include "tensor/cpu/kernels/winograd_tiles.h"

namespace siam::cpu {
namespace {

/// Layout of sums[product][k][c]. Lanes beyond the channels hold whatever was in memory.
struct WeightSums {
  int64_t products, row, plane;  ///< floats of a k, of a product

  WeightSums(int64_t products, const ConvShape& s)
      : products(products), row(round_up(s.c, kLanes)), plane(round_up(s.k, kRows) * row) {}
  int64_t floats() const { return products * plane; }
};

/// The sums over a run of tiles, a batch of transformed ones at a time.
template <class Algebra, class T>
class TileSums {
 public:
  TileSums(const ConvShape& s, const T* dy, const T* x, const T* zeros)
      : tiling_(s.n, s.p, s.q, -s.padding),
        images_{x, s.h, s.w, s.c},
        gradients_{dy, s.p, s.q, s.k},
        outside_(zeros),
        sums_(kAll, s),
        // 2 MiB of transformed tiles: the next step finds them in the cache. At least 96 tiles for
        // each load and store of a register block of sums.
        batch_(min(tiling_.count(), max(kLeastTiles, kBatchFloats / (kAll * (s.c + s.k))))) {}

  int64_t tiles() const { return tiling_.count(); }
  int64_t scratch_floats() const { return x_floats() + dy_floats(); }

  /// Sums over the tiles [begin, end); the work is shared among free threads, but each sum runs
  /// over the tiles in order.
  void add_up(int64_t begin, int64_t end, float* scratch, float* sums) const {
    const Planes x_tiles(scratch, batch_, images_.channels);
    const Planes dy_tiles(scratch + x_floats(), batch_, gradients_.channels);
    for (int64_t first = begin; first < end; first += batch_) {
      const int64_t count = min(batch_, end - first);
      transform(first, count, x_tiles, dy_tiles);
      multiply(count, x_tiles, dy_tiles, first > begin, sums);
    }
  }

 private:
  static constexpr int kProducts = Algebra::kProducts, kAll = kProducts * kProducts;
  static constexpr int64_t kBatchFloats = 1 << 19, kLeastTiles = 96;

  int64_t x_floats() const { return kAll * Planes::plane_floats(batch_, images_.channels); }
  int64_t dy_floats() const { return kAll * Planes::plane_floats(batch_, gradients_.channels); }

  void transform(int64_t first, int64_t count, const Planes& x_tiles,
                 const Planes& dy_tiles) const {
    constexpr int64_t kTilesOfTask = 8;
    for_tasks(ceil_div(count, kTilesOfTask), [&](int64_t task, int) {
      const int64_t begin = task * kTilesOfTask, tiles = min(kTilesOfTask, count - begin);
      tiling_.for_inputs(first + begin, tiles, images_, outside_,
                         [&](int64_t t, const auto& square, const auto& next) {
                           transform_tile<kProducts>(
                               square, next, images_.channels, x_tiles, begin + t,
                               [](const Vec* d, Vec* v) { Algebra::input(d, v); });
                         });
      tiling_.for_outputs(first + begin, tiles, gradients_, outside_,
                          [&](int64_t t, const auto& square, const auto& next) {
                            transform_tile<kProducts>(
                                square, next, gradients_.channels, dy_tiles, begin + t,
                                [](const Vec* d, Vec* z) { Algebra::output_transposed(d, z); });
                          });
    });
  }

  void multiply(int64_t count, const Planes& x_tiles, const Planes& dy_tiles, bool add,
                float* sums) const {
    const int64_t panels = Panel::count(images_.channels);
    for_tasks(kAll * panels, [&](int64_t task, int) {
      const int64_t product = task / panels;
      const Panel panel = Panel::at(task % panels, images_.channels);
      const float* right = x_tiles.at(product, 0) + panel.begin;
      const auto rows = [&]<int kCount>(int64_t k) {
        const float* left = dy_tiles.at(product, 0) + k;
        auto tile = [=, stride = dy_tiles.row](int64_t t) { return left + t * stride; };
        float* c = sums + product * sums_.plane + k * sums_.row + panel.begin;
        dot_panel_columns<kCount>(panel, tile, right, x_tiles.row, count, add, c, sums_.row);
        return k + kCount;
      };
      for (int64_t k = 0, all = gradients_.channels; k < all;) {
        const bool few = all - k <= kFewRows || (all - k > kRows && all - k <= 2 * kFewRows);
        k = few ? rows.template operator()<kFewRows>(k) : rows.template operator()<kRows>(k);
      }
    });
  }

  Tiling<Algebra> tiling_;
  Images<const T> images_, gradients_;
  const T* outside_;
  WeightSums sums_;
  int64_t batch_;
};

/// dw[k][tap][c] from the sums of all parts.
template <class Algebra>
void finish_weights(const ConvShape& s, const WeightSums& layout, const WeightParts& parts,
                    float* dw) {
  constexpr int kProducts = Algebra::kProducts;
  for_tasks(s.k, [&](int64_t k, int) {
    for (int64_t c = 0; c < s.c; c += kLanes) {
      in_both_directions<Vec, kProducts, 3>(
          [&](int64_t j, Vec* u) {
            for (int64_t i = 0; i < kProducts; ++i)
              u[i] = parts.total((i * kProducts + j) * layout.plane + k * layout.row + c);
          },
          [](const Vec* u, Vec* g) { Algebra::filter_transposed(u, g); },
          [&](int64_t i, const Vec* g) {
            for (int64_t j = 0; j < 3; ++j)
              store_some(dw + (k * 9 + i * 3 + j) * s.c + c, g[j], s.c - c);
          });
    }
  });
}

template <class Algebra, class T>
void winograd_weight(const ConvShape& s, const T* dy, const T* x, float* dw) {
  constexpr int64_t kTilesOfPart = 192;
  const size_t row = max(Algebra::kInputs * s.c, Algebra::kOutputs * s.k);
  const Scratch zeros(row);
  std::memset(zeros.data(), 0, sizeof(float) * row);
  const TileSums<Algebra, T> sums(s, dy, x, reinterpret_cast<const T*>(zeros.data()));
  const WeightSums layout(Algebra::kProducts * Algebra::kProducts, s);
  const WeightParts parts(sums.tiles(), kTilesOfPart, layout.floats());
  parts.add_up(sums.scratch_floats(), [&](int64_t begin, int64_t end, float* scratch, float* to) {
    sums.add_up(begin, end, scratch, to);
  });
  finish_weights<Algebra>(s, layout, parts, dw);
}

template <class T>
void winograd_backward_weight(const ConvShape& s, ConvAlgorithm algorithm, const T* dy, const T* x,
                              float* dw) {
  with_algebra(algorithm, [&]<class Algebra>(Algebra) { winograd_weight<Algebra>(s, dy, x, dw); });
}

}  // namespace
}  // namespace siam::cpu
