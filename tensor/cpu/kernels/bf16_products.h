#pragma once
// Products of bf16 numbers with instructions that multiply pairs of them exactly and add both
// products to a sum in f32. Both operands stay bf16: a row of the left one is read in place, two
// neighbours at a time; the right one is packed into panels [l/2][j][2].
//
// PairProducts: AVX512_BF16, one vector of 16 sums at a time, twice as many products as in f32.
// TileProducts: AMX, 16 x 16 sums at a time, each over 32 products: sixteen times as many. A tile
// of the left operand is 16 rows at equal distances.

#include <immintrin.h>

#include "tensor/cpu/kernels/panel.h"

namespace siam::cpu {
namespace {

static_assert(kLanes == 16);

inline uint32_t pair_at(const Bf16* from) {
  uint32_t pair;
  std::memcpy(&pair, from, sizeof(pair));
  return pair;
}

/// out[j][2] = even[j], odd[j].
inline void interleave(const Bf16* even, const Bf16* odd, int64_t count, Bf16* out) {
  for (int64_t j = 0; j < count; ++j) {
    out[2 * j] = even[j];
    out[2 * j + 1] = odd[j];
  }
}

/// As with floats: row l of the panel is src[l step + j column_step] for its columns j, 0 beyond
/// them. `rows` is even.
inline void pack_panel(const Bf16* src, int64_t rows, int64_t step, int64_t column_step,
                       const Panel& panel, Bf16* out) {
  const int64_t columns = panel.end - panel.begin, width = panel.width();
  for (int64_t l = 0; l < rows; l += 2, out += 2 * width) {
    const Bf16* from = src + l * step;
    if (column_step == 1)
      interleave(from, from + step, columns, out);
    else
      for (int64_t j = 0; j < columns; ++j, from += column_step) {
        out[2 * j] = from[0];
        out[2 * j + 1] = from[step];
      }
    std::memset(out + 2 * columns, 0, sizeof(Bf16) * static_cast<size_t>(2 * (width - columns)));
  }
}

struct PairProducts {
  using Element = Bf16;
  static constexpr int64_t kRowsOfBlock = kRows;
  static constexpr int64_t kEquidistantRows = 1;
  struct Session {};

  template <int kVectors>
  static void dot(const Bf16* const* rows, int64_t offset, int64_t taps, int64_t tap_stride,
                  int64_t length, const Bf16* b, bool add, float* c, int64_t c_stride) {
    __m512 sum[kRows][kVectors] = {};
    for (int64_t tap = 0; tap < taps; ++tap) {
      const Bf16* a[kRows];
#pragma GCC unroll 12
      for (int i = 0; i < kRows; ++i) a[i] = rows[i] + offset + tap * tap_stride;
      for (int64_t l = 0; l < length; l += 2, b += 2 * kVectors * kLanes) {
        __m512bh right[kVectors];
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) std::memcpy(&right[v], b + 2 * v * kLanes, 64);
#pragma GCC unroll 12
        for (int i = 0; i < kRows; ++i) {
          const auto left =
              same_bits<__m512bh>(_mm512_set1_epi32(static_cast<int>(pair_at(a[i] + l))));
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; ++v)
            sum[i][v] = _mm512_dpbf16_ps(sum[i][v], left, right[v]);
        }
      }
    }
#pragma GCC unroll 12
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        float* to = c + i * c_stride + v * kLanes;
        _mm512_storeu_ps(to, add ? _mm512_add_ps(_mm512_loadu_ps(to), sum[i][v]) : sum[i][v]);
      }
  }
};

/// Side of a tile of sums, and the products that go into one sum at a time.
constexpr int64_t kTile = 16, kDepth = 32;

/// Makes earlier writes visible to the tile loads that follow, whose intrinsics do not tell the
/// compiler that they read memory.
inline void memory_is_read() { asm volatile("" ::: "memory"); }

/// 16 rows of kDepth elements: in place, or a copy of them.
struct LeftTile {
  const Bf16* first;
  int64_t stride;  ///< bytes from row to row; 0: they are not equidistant
  const Bf16* const* rows;

  explicit LeftTile(const Bf16* const* rows)
      : first(rows[0]), stride(2 * (rows[1] - rows[0])), rows(rows) {
    for (int i = 2; i < kTile; ++i)
      if (2 * (rows[i] - rows[i - 1]) != stride) stride = 0;
  }
};

/// 32 rows times one or two tiles of columns. Runs are multiples of kDepth. The tiles of the
/// processor: 0 to 3 sums, 4 and 5 the left operand, 6 and 7 the right one.
struct TileProducts {
  using Element = Bf16;
  static constexpr int64_t kRowsOfBlock = 2 * kTile;
  static constexpr int64_t kEquidistantRows = kTile;

  /// While it lives, the thread's tiles are 16 rows of 64 bytes.
  struct Session {
    Session() {
      static constexpr struct alignas(64) {
        uint8_t palette = 1, unused[15] = {};
        uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
      } kShape;
      _tile_loadconfig(&kShape);
    }
    ~Session() { _tile_release(); }
    Session(const Session&) = delete;
  };

  template <int kVectors>
  static void dot(const Bf16* const* rows, int64_t offset, int64_t taps, int64_t tap_stride,
                  int64_t length, const Bf16* b, bool add, float* c, int64_t c_stride) {
    const LeftTile upper(rows), lower(rows + kTile);
    start<kVectors>(add, c, c_stride);
    alignas(64) Bf16 copies[2][kTile][kDepth];
    const auto place = [offset](const LeftTile& tile, Bf16(&copy)[kTile][kDepth],
                                int64_t at) -> const Bf16* {
      if (tile.stride != 0) return tile.first + offset + at;
      for (int i = 0; i < kTile; ++i)
        std::memcpy(copy[i], tile.rows[i] + offset + at, sizeof(copy[i]));
      memory_is_read();
      return &copy[0][0];
    };
    const int64_t upper_stride = upper.stride != 0 ? upper.stride : 2 * kDepth;
    const int64_t lower_stride = lower.stride != 0 ? lower.stride : 2 * kDepth;
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t l = 0; l < length; l += kDepth, b += kDepth * kVectors * kTile) {
        const int64_t at = tap * tap_stride + l;
        _tile_loadd(4, place(upper, copies[0], at), upper_stride);
        _tile_loadd(6, b, 4 * kVectors * kTile);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, place(lower, copies[1], at), lower_stride);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (kVectors == 2) {
          _tile_loadd(7, b + 2 * kTile, 4 * kVectors * kTile);
          _tile_dpbf16ps(1, 4, 7);
          _tile_dpbf16ps(3, 5, 7);
        }
      }
    finish<kVectors>(c, c_stride);
  }

  template <int kVectors>
  static void start(bool add, float* c, int64_t c_stride) {
    memory_is_read();
    if (!add) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      return;
    }
    _tile_loadd(0, c, 4 * c_stride);
    _tile_loadd(2, c + kTile * c_stride, 4 * c_stride);
    if constexpr (kVectors == 2) {
      _tile_loadd(1, c + kTile, 4 * c_stride);
      _tile_loadd(3, c + kTile * c_stride + kTile, 4 * c_stride);
    }
  }

  template <int kVectors>
  static void finish(float* c, int64_t c_stride) {
    _tile_stored(0, c, 4 * c_stride);
    _tile_stored(2, c + kTile * c_stride, 4 * c_stride);
    if constexpr (kVectors == 2) {
      _tile_stored(1, c + kTile, 4 * c_stride);
      _tile_stored(3, c + kTile * c_stride + kTile, 4 * c_stride);
    }
  }
};

}  // namespace
}  // namespace siam::cpu
