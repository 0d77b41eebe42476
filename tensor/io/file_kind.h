#pragma once

#include <string_view>

namespace siam {

inline constexpr std::string_view kJpeg = "a JPEG image", kPng = "a PNG image",
                                  kWebp = "a WebP image";

/// The kind of a file, by its first bytes (32 are enough), for the message that it is not the
/// expected one: "a zip archive, as PyTorch's .pth files are". Empty if the kind is unknown.
std::string_view file_kind(std::string_view start);

}  // namespace siam
