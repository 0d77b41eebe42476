#pragma once
// Weight gradient from bf16 by tiles (bf16_products.h):
//   dw[k][r,s][c] = sum over pixels i of x^T[c][i + offset(r,s)] dy[i][k].
// The pixels of an image, border included, are numbered consecutively across lines, so that a tap
// is a constant offset; dy is 0 where a number is not a pixel of the result. With a stride of s,
// every s-th row and column form a separate image (a phase), and a tap belongs to one of them. x is
// transposed: a tile's rows are channels, at equal distances, and may begin at any pixel.

#include "tensor/cpu/kernels/bf16_products.h"
#include "tensor/cpu/kernels/weight_parts.h"

namespace siam::cpu {
namespace {

class TransposedImages {
 public:
  explicit TransposedImages(const ConvShape& s)
      : s_(s),
        lines_(s.p + (s.r - 1) / s.stride),
        pitch_(s.q + (s.s - 1) / s.stride),
        length_(round_up(s.p * pitch_, kDepth)),
        row_((ceil_div(length_ + offset(s.r - 1, s.s - 1), kDepth) | 1) * kDepth),
        phases_(min(s.stride, s.r) * min(s.stride, s.s)),
        table_(static_cast<size_t>(Pieces::floats<int64_t>(phases_ * row_ + length_))) {
    auto* x_at = reinterpret_cast<int64_t*>(table_.data());
    for (int64_t phase = 0; phase < phases_; ++phase)
      for (int64_t i = 0; i < row_; ++i) x_at[phase * row_ + i] = pixel(phase, i);
    for (int64_t i = 0; i < length_; ++i) x_at[phases_ * row_ + i] = result(i);
  }

  int64_t length() const { return length_; }  ///< of the sum, zeros at its end included
  int64_t row() const { return row_; }        ///< elements of a channel: an odd number of lines
  int64_t x_size() const { return phases_ * s_.c * row_; }
  int64_t dy_size() const { return length_ * round_up(s_.k, kTile); }

  /// Offset of tap (r,s) and channel 0.
  int64_t tap(int64_t r, int64_t s) const {
    const int64_t phase = r % s_.stride * min(s_.stride, s_.s) + s % s_.stride;
    return phase * s_.c * row_ + offset(r, s);
  }

  /// An image of x as [phase][channel][row]; `zeros` are at least c elements.
  void transpose(const Bf16* x, const Bf16* zeros, Bf16* to) const {
    constexpr int64_t kPairs = kDepth / 2;
    const int64_t stride = 2 * min(s_.c, kMostChannels) + kDepth;  // of a pair: not a power of two
    alignas(64) Bf16 pairs[kPairs * (2 * kMostChannels + kDepth)];
    const __m512i first =
        _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                           _mm512_set1_epi32(static_cast<int>(stride / 2)));
    const int64_t* at = x_at();
    for (int64_t phase = 0; phase < phases_; ++phase, to += s_.c * row_)
      for (int64_t i = 0; i < row_; i += kDepth, at += kDepth)
        for (int64_t c = 0; c < s_.c; c += kMostChannels) {
          const int64_t channels = min(kMostChannels, s_.c - c);
          const auto pixel = [&](int64_t j) { return (at[j] < 0 ? zeros : x + at[j]) + c; };
          for (int64_t j = 0; j < kPairs; ++j)
            interleave(pixel(2 * j), pixel(2 * j + 1), channels, pairs + j * stride);
          for (int64_t k = 0; k < channels; ++k)
            _mm512_storeu_si512(to + (c + k) * row_ + i,
                                _mm512_i32gather_epi32(first, pairs + 2 * k, 4));
        }
  }

  /// Image `image` of dy as pairs of pixels in panels [image][pixel][j] of `images`.
  void pack(const Bf16* dy, const Bf16* zeros, int64_t image, int64_t images, Bf16* to) const {
    const int64_t* at = x_at() + phases_ * row_;
    for (int64_t i = 0; i < Panel::count(s_.k); ++i) {
      const Panel panel = Panel::at(i, s_.k);
      const auto result = [&](int64_t j) { return (at[j] < 0 ? zeros : dy + at[j]) + panel.begin; };
      Bf16* out = to + length_ * (images * panel.begin + image * panel.width());
      for (int64_t j = 0; j < length_; j += 2, out += 2 * panel.width())
        interleave(result(j), result(j + 1), panel.end - panel.begin, out);
    }
  }

 private:
  static constexpr int64_t kMostChannels = 256;  ///< transposed at a time, so that they stay in the
                                                 ///< cache

  int64_t offset(int64_t r, int64_t s) const { return r / s_.stride * pitch_ + s / s_.stride; }

  const int64_t* x_at() const { return reinterpret_cast<const int64_t*>(table_.data()); }

  /// Position in an image of x, or of dy, of the pixel with number i; -1: none.
  int64_t pixel(int64_t phase, int64_t i) const {
    const int64_t columns = min(s_.stride, s_.s);
    const int64_t h = i / pitch_ * s_.stride + phase / columns - s_.padding;
    const int64_t w = i % pitch_ * s_.stride + phase % columns - s_.padding;
    const bool inside = 0 <= h && h < s_.h && 0 <= w && w < s_.w && i / pitch_ < lines_;
    return inside ? (h * s_.w + w) * s_.c : -1;
  }
  int64_t result(int64_t i) const {
    const bool inside = i / pitch_ < s_.p && i % pitch_ < s_.q;
    return inside ? (i / pitch_ * s_.q + i % pitch_) * s_.k : -1;
  }

  ConvShape s_;
  int64_t lines_, pitch_, length_, row_, phases_;
  Scratch table_;  ///< pixel() of all phases, then result()
};

/// sums[tap][c][k] (+)= the sums over `count` of `batch` images, which are transposed at x and
/// packed at dy.
inline void add_tiles(const ConvShape& s, const TransposedImages& images, int64_t count,
                      int64_t batch, const Bf16* x, const Bf16* dy, bool add, float* sums) {
  const int64_t panels = Panel::count(s.k), columns = round_up(s.k, kTile);
  const int64_t taps = s.r * s.s, strips = s.c / (2 * kTile);
  for_tasks(taps * strips, [&](int64_t task, int) {
    const TileProducts::Session session;
    const int64_t tap = task % taps, c = task / taps * 2 * kTile;
    const Bf16* rows[2 * kTile];
    for (int64_t i = 0; i < 2 * kTile; ++i)
      rows[i] = x + images.tap(tap / s.s, tap % s.s) + (c + i) * images.row();
    for (int64_t i = 0; i < panels; ++i) {
      const Panel panel = Panel::at(i, s.k);
      const auto dot = panel.width() == kColumns ? TileProducts::dot<2> : TileProducts::dot<1>;
      dot(rows, 0, count, images.x_size(), images.length(),
          dy + batch * images.length() * panel.begin, add,
          sums + (tap * s.c + c) * columns + panel.begin, columns);
    }
  });
}

/// For multiples of 2 kTile channels c and of kTile channels k.
inline void tile_weight(const ConvShape& s, const Bf16* dy, const Bf16* x, float* dw) {
  constexpr int64_t kBatchElements = 1 << 19;  // of prepared images: 1 MiB
  const TransposedImages images(s);
  const int64_t columns = round_up(s.k, kTile), size = images.x_size() + images.dy_size();
  const int64_t batch = min(s.n, max(1, kBatchElements / size));
  const Scratch zero_memory(static_cast<size_t>(max(s.c, s.k)));
  std::memset(zero_memory.data(), 0, sizeof(float) * static_cast<size_t>(max(s.c, s.k)));
  auto* zeros = reinterpret_cast<const Bf16*>(zero_memory.data());

  const WeightParts parts(s.n, batch, s.r * s.s * s.c * columns);
  parts.add_up(Pieces::floats<Bf16>(batch * size), [&](int64_t begin, int64_t end, float* scratch,
                                                       float* sums) {
    auto* all_x = reinterpret_cast<Bf16*>(scratch);
    Bf16* all_dy = all_x + batch * images.x_size();
    for (int64_t first = begin; first < end; first += batch) {
      const int64_t count = min(batch, end - first);
      for_tasks(count, [&](int64_t i, int) {
        images.transpose(x + (first + i) * s.h * s.w * s.c, zeros, all_x + i * images.x_size());
        images.pack(dy + (first + i) * s.p * s.q * s.k, zeros, i, batch, all_dy);
      });
      add_tiles(s, images, count, batch, all_x, all_dy, first > begin, sums);
    }
  });
  write_transposed(
      parts, s.k, columns, s.r * s.s * s.c, [](int64_t i) { return i; }, dw);
}

}  // namespace
}  // namespace siam::cpu
