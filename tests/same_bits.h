#pragma once

#include <cstring>

#include "tensor/tensor.h"

namespace siam {

/// True if shape, type and every bit agree. Both in memory that the CPU reads.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

}  // namespace siam
