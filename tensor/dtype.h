#pragma once
// Storage types. Arithmetic is done in float (in double for f64): bf16 and f16 are widened when
// loaded and rounded once when stored.

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "tensor/host_device.h"

namespace siam {

enum class DType : uint8_t {
  f64,  ///< the reference type: kernels on f64 are always the plain loops of tensor/reference
  f32,
  bf16,  ///< 8 exponent and 7 mantissa bits: float's range, 2-3 digits
  f16,   ///< IEEE binary16
  u8,    ///< pixels, indices inside a pooling window
  i32,   ///< class labels
};

size_t size_of(DType type);
const char* name_of(DType type);
inline bool is_float(DType type) { return type != DType::u8 && type != DType::i32; }
/// f64 for f64, f32 for everything else: the type of statistics, weight gradients and losses.
inline DType accumulate_type(DType storage) {
  return storage == DType::f64 ? DType::f64 : DType::f32;
}

namespace detail {

template <class To, class From>
SIAM_HOST_DEVICE inline To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

/// Round to nearest, ties to even; NaN stays NaN.
SIAM_HOST_DEVICE inline uint16_t bf16_bits(float value) {
  const uint32_t bits = bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded);
}

SIAM_HOST_DEVICE inline uint16_t f16_bits(float value) {
  const uint32_t bits = bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // rounds past 65504
  if (magnitude < 0x38800000u) {
    // Subnormal: adding 0.5 aligns the mantissa so that the hardware rounds at 2^-24.
    const float aligned = bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (bit_cast<uint32_t>(aligned) - 0x3f000000u));
  }
  const uint32_t rebased = magnitude - 0x38000000u;  // exponent bias 127 -> 15
  return static_cast<uint16_t>(sign | ((rebased + 0xfffu + ((rebased >> 13) & 1u)) >> 13));
}

SIAM_HOST_DEVICE inline float f16_value(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00u) return bit_cast<float>(sign | 0x7f800000u | (magnitude << 13));
  // 2^112 moves the exponent bias from 15 to 127 and normalises subnormals at the same time.
  const float scaled = bit_cast<float>(magnitude << 13) * bit_cast<float>(0x77800000u);
  return bit_cast<float>(sign | bit_cast<uint32_t>(scaled));
}

}  // namespace detail

struct bf16 {
  uint16_t bits;
  bf16() = default;
  SIAM_HOST_DEVICE explicit bf16(float value) : bits(detail::bf16_bits(value)) {}
  SIAM_HOST_DEVICE operator float() const {
    return detail::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  }
};

struct f16 {
  uint16_t bits;
  f16() = default;
  SIAM_HOST_DEVICE explicit f16(float value) : bits(detail::f16_bits(value)) {}
  SIAM_HOST_DEVICE operator float() const { return detail::f16_value(bits); }
};

/// The type in which values stored as T are computed and accumulated.
template <class T>
struct AccumulateIn {
  using type = float;
};
template <>
struct AccumulateIn<double> {
  using type = double;
};
template <class T>
using Acc = typename AccumulateIn<T>::type;

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, double>)
    return DType::f64;
  else if constexpr (std::is_same_v<T, float>)
    return DType::f32;
  else if constexpr (std::is_same_v<T, bf16>)
    return DType::bf16;
  else if constexpr (std::is_same_v<T, f16>)
    return DType::f16;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return DType::u8;
  else {
    static_assert(std::is_same_v<T, int32_t>, "not a storage type");
    return DType::i32;
  }
}

}  // namespace siam

template <>
struct fmt::formatter<siam::DType> : fmt::formatter<std::string_view> {
  fmt::format_context::iterator format(siam::DType type, fmt::format_context& context) const;
};
