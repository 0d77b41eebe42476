#pragma once
// Images cut into tiles for winograd.h: tile (image, row, column) reads an In x In square of the
// images, 0 outside, and writes an Out x Out square of the results, clipped at their edge.

#include "tensor/cpu/kernels/winograd_algebra.h"

#include "tensor/cpu/kernels/kernels.h"
#include "tensor/cpu/kernels/simd.h"

namespace siam::cpu {
namespace {

/// Calls body(Algebra()).
template <class Body>
void with_algebra(ConvAlgorithm algorithm, const Body& body) {
  if (algorithm == ConvAlgorithm::winograd_f43)
    body(WinogradF43());
  else if (algorithm == ConvAlgorithm::winograd_f23)
    body(WinogradF23());
  else
    body(WinogradStride2());
}

/// Pixels of an image: (i,j) is at rows[i] + j channels if begin <= j < end.
template <class T, int Side>
struct Square {
  T* rows[Side];
  int64_t begin, end;
};

/// [images,height,width,channels].
template <class T>
struct Images {
  T* data;
  int64_t height, width, channels;

  /// The pixels [row, row + Side) x [column, column + Side); rows that do not exist are `outside`.
  template <int Side>
  Square<T, Side> square(int64_t image, int64_t row, int64_t column, T* outside) const {
    Square<T, Side> square{{}, max(0, -column), min(Side, width - column)};
    T* corner = data + ((image * height + row) * width + column) * channels;
    for (int64_t i = 0; i < Side; ++i)
      square.rows[i] = 0 <= row + i && row + i < height ? corner + i * width * channels : outside;
    return square;
  }
};

/// The tiles of all images; `first_input` is the row and column where tile (0,0) starts reading.
template <class Algebra>
struct Tiling {
  int64_t images, rows, columns, first_input;

  Tiling(int64_t images, int64_t out_height, int64_t out_width, int64_t first_input)
      : images(images),
        rows(ceil_div(out_height, Algebra::kOutputs)),
        columns(ceil_div(out_width, Algebra::kOutputs)),
        first_input(first_input) {}

  int64_t count() const { return images * rows * columns; }

  /// Calls body(t, square, next) for the tiles first + t, t < count, with what each of them and its
  /// successor, if there is one, read from `from`.
  template <class T, class Body>
  void for_inputs(int64_t first, int64_t count, const Images<T>& from, T* outside,
                  const Body& body) const {
    for_squares<Algebra::kInputs>(first, count, from, Algebra::kInputStep, first_input, outside,
                                  body);
  }
  /// The same with what they write to `to`.
  template <class T, class Body>
  void for_outputs(int64_t first, int64_t count, const Images<T>& to, T* outside,
                   const Body& body) const {
    for_squares<Algebra::kOutputs>(first, count, to, Algebra::kOutputs, 0, outside, body);
  }

 private:
  template <int Side, class T, class Body>
  void for_squares(int64_t first, int64_t count, const Images<T>& in, int64_t step, int64_t origin,
                   T* outside, const Body& body) const {
    int64_t column = first % columns, row = first / columns % rows, image = first / columns / rows;
    const auto here = [&] {
      return in.template square<Side>(image, row * step + origin, column * step + origin, outside);
    };
    auto square = here();
    for (int64_t t = 0; t < count; ++t) {
      if (++column == columns) column = 0, ++row;
      if (row == rows) row = 0, ++image;
      const auto next = t + 1 < count ? here() : square;
      body(t, square, next);
      square = next;
    }
  }
};

/// Transformed tiles [product][tile][channel]. Rows are an odd number of cache lines, with a line
/// between products: tiles or products a power of two apart would share a few sets of the cache.
/// (Vectors and register blocks may read past the last row, but not past that line.)
struct Planes {
  float* data;
  int64_t row, plane;

  Planes(float* data, int64_t tiles, int64_t channels)
      : data(data), row(row_floats(channels)), plane(plane_floats(tiles, channels)) {}
  static int64_t row_floats(int64_t channels) {
    constexpr int64_t kLine = 16;
    return (ceil_div(channels, kLine) | 1) * kLine;
  }
  static int64_t plane_floats(int64_t tiles, int64_t channels) {
    return tiles * row_floats(channels) + 16;
  }
  float* at(int64_t product, int64_t tile) const { return data + product * plane + tile * row; }
};

/// Evaluates a tile at all pairs of points: f in both directions on every channel's square. There
/// must be at least kLanes channels; `outside` rows must be Side pixels of zeros. The next tile is
/// prefetched: it is in too many rows at once for the hardware to foresee.
template <int Products, int Side, class T, class F>
void transform_tile(Square<T, Side> square, Square<T, Side> next, int64_t channels,
                    const Planes& to, int64_t tile, const F& f) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    // The last vector ends with the last channel and repeats some of those before it.
    const int64_t at = min(c, channels - kLanes);
    in_both_directions<Vec, Side, Products>(
        [=](int64_t j, Vec* column) {
          const bool inside = square.begin <= j && j < square.end;
#pragma GCC unroll 9
          for (int i = 0; i < Side; ++i)
            column[i] = inside ? load(square.rows[i] + j * channels + at) : Vec{};
#pragma GCC unroll 9
          for (int i = 0; i < Side; ++i) __builtin_prefetch(next.rows[i] + j * channels + at);
        },
        f,
        [=, first = to.at(0, tile) + at, plane = to.plane](int64_t i, const Vec* row) {
          float* product = first + i * Products * plane;
#pragma GCC unroll 9
          for (int j = 0; j < Products; ++j, product += plane) store(product, row[j]);
        });
  }
}

}  // namespace
}  // namespace siam::cpu
