#include "tensor/dtype.h"

#include <fmt/format.h>

namespace siam {

size_t size_of(DType type) {
  switch (type) {
    case DType::f64: return 8;
    case DType::f32: return 4;
    case DType::bf16: return 2;
    case DType::f16: return 2;
    case DType::u8: return 1;
    case DType::i32: return 4;
  }
  return 0;
}

const char* name_of(DType type) {
  switch (type) {
    case DType::f64: return "f64";
    case DType::f32: return "f32";
    case DType::bf16: return "bf16";
    case DType::f16: return "f16";
    case DType::u8: return "u8";
    case DType::i32: return "i32";
  }
  return "?";
}

}  // namespace siam

fmt::format_context::iterator fmt::formatter<siam::DType>::format(
    siam::DType type, fmt::format_context& context) const {
  return formatter<std::string_view>::format(siam::name_of(type), context);
}
