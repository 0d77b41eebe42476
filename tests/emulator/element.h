#pragma once
// One element of a library's matrix or image, of any storage type.

#include "tensor/dtype.h"

namespace emulator {

inline float read(const void* data, siam::DType type, int64_t at) {
  switch (type) {
    case siam::DType::bf16: return static_cast<float>(static_cast<const siam::bf16*>(data)[at]);
    case siam::DType::f16: return static_cast<float>(static_cast<const siam::f16*>(data)[at]);
    default: return static_cast<const float*>(data)[at];
  }
}

inline void write(void* data, siam::DType type, int64_t at, float value) {
  switch (type) {
    case siam::DType::bf16: static_cast<siam::bf16*>(data)[at] = siam::bf16(value); break;
    case siam::DType::f16: static_cast<siam::f16*>(data)[at] = siam::f16(value); break;
    default: static_cast<float*>(data)[at] = value;
  }
}

}  // namespace emulator
