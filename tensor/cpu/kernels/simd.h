#pragma once
// A vector of floats, and conversions to and from storage types. It uses GCC's vector extensions:
// arithmetic is written with operators and becomes the instructions of the set that kernels.cc is
// compiled for. Everything is in an unnamed namespace, see kernels.h.

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace siam::cpu {
namespace {

constexpr int kLanes = SIAM_LANES;

typedef float Vec __attribute__((vector_size(4 * kLanes)));
typedef uint32_t Bits __attribute__((vector_size(4 * kLanes)));
typedef uint16_t Halves __attribute__((vector_size(2 * kLanes)));

struct Bf16 {
  uint16_t bits;
};
struct F16 {
  uint16_t bits;
};

template <class To, class From>
inline To same_bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}

// a x + y, rounded once if the instruction set can. Written explicitly and not left to the compiler
// (-ffp-contract=off), which would contract the same expression differently in different places.
#if SIAM_LANES == 16 && defined(__AVX512F__)
inline Vec multiply_add(Vec a, Vec x, Vec y) { return _mm512_fmadd_ps(a, x, y); }
#elif SIAM_LANES == 16 && defined(__FMA__)
inline Vec multiply_add(Vec a, Vec x, Vec y) {  // two halves: for tests on CPUs without AVX-512
  __m256 p[2], q[2], r[2];
  std::memcpy(p, &a, sizeof(p));
  std::memcpy(q, &x, sizeof(q));
  std::memcpy(r, &y, sizeof(r));
  for (int i = 0; i < 2; ++i) r[i] = _mm256_fmadd_ps(p[i], q[i], r[i]);
  std::memcpy(&y, r, sizeof(y));
  return y;
}
#elif SIAM_LANES == 8 && defined(__FMA__)
inline Vec multiply_add(Vec a, Vec x, Vec y) { return _mm256_fmadd_ps(a, x, y); }
#else
inline Vec multiply_add(Vec a, Vec x, Vec y) { return a * x + y; }
#endif
inline Vec multiply_add(float a, Vec x, Vec y) { return multiply_add(a - Vec{}, x, y); }

// The conversions are those of tensor/dtype.h, for all lanes at once; F16C's instructions differ
// from them in the payload of a NaN.

inline Bits wide(Halves halves) { return __builtin_convertvector(halves, Bits); }
inline Halves low_parts(Bits bits) { return __builtin_convertvector(bits, Halves); }

inline Vec widen(Halves bf16, Bf16) { return same_bits<Vec>(wide(bf16) << 16); }
inline Halves narrow(Vec value, Bf16) {
  const Bits bits = same_bits<Bits>(value);
  const Bits rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return low_parts((bits & 0x7fffffffu) > 0x7f800000u ? ((bits >> 16) | 0x40u) : rounded);
}

#if SIAM_LANES == 16 && defined(__AVX512F__)
inline Vec widen(Halves f16, F16) { return _mm512_cvtph_ps(same_bits<__m256i>(f16)); }
inline Halves narrow(Vec value, F16) {
  return same_bits<Halves>(_mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
}
#elif SIAM_LANES == 8 && defined(__F16C__)
inline Vec widen(Halves f16, F16) { return _mm256_cvtph_ps(same_bits<__m128i>(f16)); }
inline Halves narrow(Vec value, F16) {
  return same_bits<Halves>(_mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
}
#else
inline Vec widen(Halves f16, F16) {
  const Bits bits = wide(f16), sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
  const Vec scaled = same_bits<Vec>(magnitude << 13) * 0x1p112f;
  const Bits finite = same_bits<Bits>(scaled), special = 0x7f800000u | (magnitude << 13);
  return same_bits<Vec>(sign | (magnitude >= 0x7c00u ? special : finite));
}
inline Halves narrow(Vec value, F16) {
  const Bits bits = same_bits<Bits>(value);
  const Bits sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  const Bits small = same_bits<Bits>(same_bits<Vec>(magnitude) + 0.5f) - 0x3f000000u;
  const Bits rebased = magnitude - 0x38000000u;
  const Bits normal = (rebased + 0xfffu + ((rebased >> 13) & 1u)) >> 13;
  const Bits large = magnitude > 0x7f800000u ? Bits{} + 0x7e00u : Bits{} + 0x7c00u;
  const Bits finite = magnitude < 0x38800000u ? small : normal;
  return low_parts(sign | (magnitude >= 0x477ff000u ? large : finite));
}
#endif

inline Vec load(const float* from) {
  Vec value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
inline void store(float* to, Vec value) { std::memcpy(to, &value, sizeof(value)); }

template <class Half>
inline Vec load(const Half* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof(halves));
  return widen(halves, Half{});
}
template <class Half>
inline void store(Half* to, Vec value) {
  const Halves halves = narrow(value, Half{});
  std::memcpy(to, &halves, sizeof(halves));
}

/// Exchanges the lanes of a that have the bit kHalf with those of b that have it not.
template <int kHalf, int... lane>
inline void exchange(Vec& a, Vec& b, std::integer_sequence<int, lane...>) {
  const Vec first = a;
  a = __builtin_shufflevector(first, b, (lane & kHalf ? lane - kHalf + kLanes : lane)...);
  b = __builtin_shufflevector(first, b, (lane & kHalf ? lane + kLanes : lane + kHalf)...);
}

/// rows[i][j] becomes rows[j][i]: halves, quarters, ... off the diagonal change places.
template <int kHalf = kLanes / 2>
inline void transpose(Vec (&rows)[kLanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i)
    if (!(i & kHalf))
      exchange<kHalf>(rows[i], rows[i + kHalf], std::make_integer_sequence<int, kLanes>());
  if constexpr (kHalf > 1) transpose<kHalf / 2>(rows);
}

/// The first `count` lanes; the others become 0 when loaded, and are left alone in memory when
/// stored.
template <class T>
inline Vec load_some(const T* from, int64_t count) {
  if (count >= kLanes) return load(from);
  T lanes[kLanes] = {};
  for (int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  return load(lanes);
}
template <class T>
inline void store_some(T* to, Vec value, int64_t count) {
  if (count >= kLanes) return store(to, value);
  T lanes[kLanes];
  store(lanes, value);
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

/// to[i] = from[i] for i < count; both have the same type, or one of them is f32.
template <class From, class To>
inline void convert(const From* from, int64_t count, To* to) {
  if constexpr (std::is_same_v<From, To> && sizeof(To) < sizeof(float)) {
    std::memcpy(to, from, sizeof(To) * static_cast<size_t>(count));
    return;
  }
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, load(from + i));
  if (i < count) store_some(to + i, load_some(from + i, count - i), count - i);
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }
constexpr int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t max(int64_t a, int64_t b) { return a < b ? b : a; }

}  // namespace
}  // namespace siam::cpu
