#pragma once
// Eight floats as one vector, by GCC's extension.

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <cstdint>
#include <vector>

namespace siam {

inline constexpr int kLanes = 8;
typedef float Vec __attribute__((vector_size(4 * kLanes)));

/// This many floats, rounded up to whole vectors.
constexpr int whole_vectors(int floats) { return (floats + kLanes - 1) / kLanes * kLanes; }

/// A vector at any place in an array of floats.
typedef float VecInArray __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
inline const VecInArray& vec_at(const float* p) { return *reinterpret_cast<const VecInArray*>(p); }
inline VecInArray& vec_at(float* p) { return *reinterpret_cast<VecInArray*>(p); }

/// `count` floats aligned to a cache line, so that a vector at a multiple of kLanes lies in one
/// line.
class AlignedFloats {
 public:
  explicit AlignedFloats(int count) : lines_(count / kLine + 1) {}
  float* data() { return lines_[0].values; }

 private:
  static constexpr int kLine = 16;
  struct alignas(4 * kLine) Line {
    float values[kLine];
  };
  std::vector<Line> lines_;
};

inline void load(const float* p, Vec& v) { v = vec_at(p); }
/// From bytes. Compilers widen sixteen of them at a time in three steps; AVX2 has one instruction.
inline void load(const uint8_t* p, Vec& v) {
#ifdef __AVX2__
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  v = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
#else
  for (int i = 0; i < kLanes; ++i) v[i] = p[i];
#endif
}

/// v[i][j] becomes v[j][i]: pairs of neighbours, then pairs of pairs, then halves change places.
inline void transpose(Vec (&v)[kLanes]) {
  Vec pairs[kLanes], fours[kLanes];
  for (int i = 0; i < kLanes; i += 2) {
    pairs[i] = __builtin_shufflevector(v[i], v[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(v[i], v[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < kLanes; i += 4)
    for (int j = 0; j < 2; ++j) {
      const Vec &a = pairs[i + j], &b = pairs[i + j + 2];
      fours[i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < kLanes / 2; ++i) {
    const Vec &a = fours[i], &b = fours[i + kLanes / 2];
    v[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    v[i + kLanes / 2] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

}  // namespace siam
