#pragma once

#include "data/dataset.h"

namespace siam {

/// Images larger than this are refused: a few bytes of JPEG can ask for gigabytes.
inline constexpr int64_t kMaxPixels = int64_t{64} << 20;

/// Decodes a JPEG, grey or colour, with libjpeg-turbo. Error, naming the file, if it is damaged
/// (also where libjpeg would only warn), too large, or CMYK.
Image read_jpeg(const std::filesystem::path& path);

}  // namespace siam
