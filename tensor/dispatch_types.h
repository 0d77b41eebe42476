#pragma once
// From a run-time storage type to a template parameter.

#include "tensor/tensor.h"

namespace siam {

/// Calls body(T{}) with T the storage type: for_float(x.dtype(), [&]<class T>(T) { ... }). f64 has
/// no fast kernels: only the reference handles it.
template <class Body>
void for_float(DType type, const Body& body) {
  switch (type) {
    case DType::f32: return body(float{});
    case DType::bf16: return body(bf16{});
    case DType::f16: return body(f16{});
    default: fail("type {}: f32, bf16 or f16 is needed", type);
  }
}

/// The same with f64, for reference kernels.
template <class Body>
void for_any_float(DType type, const Body& body) {
  if (type == DType::f64) return body(double{});
  for_float(type, body);
}

}  // namespace siam
