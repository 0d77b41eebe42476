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

/// [images,height,width,channels].
template <class T>
struct Images {
  T* data;
  int64_t height, width, channels;

  /// The pixels [row, row + Side) x [column, column + Side), `outside` where there is none.
  template <int Side>
  void square(int64_t image, int64_t row, int64_t column, T* outside,
              T* (&pixels)[Side][Side]) const {
    T* corner = data + ((image * height + row) * width + column) * channels;
    for (int64_t i = 0; i < Side; ++i)
      for (int64_t j = 0; j < Side; ++j) {
        const bool inside =
            0 <= row + i && row + i < height && 0 <= column + j && column + j < width;
        pixels[i][j] = inside ? corner + (i * width + j) * channels : outside;
      }
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

  template <class T, int Side>
  void inputs(int64_t tile, const Images<T>& from, T* outside, T* (&pixels)[Side][Side]) const {
    from.square(tile / (rows * columns), tile / columns % rows * Algebra::kInputStep + first_input,
                tile % columns * Algebra::kInputStep + first_input, outside, pixels);
  }
  template <class T, int Side>
  void outputs(int64_t tile, const Images<T>& to, T* outside, T* (&pixels)[Side][Side]) const {
    to.square(tile / (rows * columns), tile / columns % rows * Algebra::kOutputs,
              tile % columns * Algebra::kOutputs, outside, pixels);
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
/// must be at least kLanes channels.
template <int In, int Products, class T, class F>
void transform_tile(T* const (&pixels)[In][In], int64_t channels, const Planes& to, int64_t tile,
                    const F& f) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    // The last vector ends with the last channel and repeats some of those before it.
    const int64_t at = min(c, channels - kLanes);
    Vec in[In][In], out[Products][Products];
#pragma GCC unroll 9
    for (int i = 0; i < In; ++i)
#pragma GCC unroll 9
      for (int j = 0; j < In; ++j) in[i][j] = load(pixels[i][j] + at);
    in_both_directions(in, out, f);
    float* product = to.at(0, tile) + at;
#pragma GCC unroll 9
    for (int i = 0; i < Products; ++i)
#pragma GCC unroll 9
      for (int j = 0; j < Products; ++j, product += to.plane) store(product, out[i][j]);
  }
}

}  // namespace
}  // namespace siam::cpu
