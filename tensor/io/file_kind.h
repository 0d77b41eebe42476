#pragma once

#include <string_view>

namespace siam {

inline constexpr std::string_view kJpeg = "a JPEG image", kPng = "a PNG image",
                                  kWebp = "a WebP image";

/// What a file is by its first bytes (32 are enough), for the message that it is not what was asked
/// for: "a zip archive, as PyTorch's .pth files are". Empty if it is none that is known here.
std::string_view file_kind(std::string_view start);

}  // namespace siam
