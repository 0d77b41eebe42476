#pragma once
// The header of a safetensors file, which says where each tensor is: text to checked entries, and
// back.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace siam::safetensors {

struct Entry {
  std::string name;
  DType type = DType::f32;
  Shape shape;
  uint64_t begin = 0, end = 0;  ///< bytes from the start of the data
  bool other = false;  ///< of a type that is not supported, seen as bytes: u8 [end - begin]
};

struct Header {
  std::vector<Entry> entries;  ///< in the order of their data, which they fill without a gap
  std::map<std::string, std::string> metadata;
};

/// What happens to tensors of types that are not supported, such as I64.
enum class OtherTypes { refused, left_out };

/// Error unless the text is a header of the format, with supported types if others are refused,
/// whose tensors fill `data_bytes` exactly.
Header parse_header(std::string_view text, uint64_t data_bytes,
                    OtherTypes others = OtherTypes::refused);

/// The metadata of a header whose other entries are not checked.
std::map<std::string, std::string> parse_metadata(std::string_view text);

/// The text, padded with spaces to a multiple of 8 bytes. Error if a name is not UTF-8 or is
/// reserved.
std::string format_header(const Header& header);

}  // namespace siam::safetensors
