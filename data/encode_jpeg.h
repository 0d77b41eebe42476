#pragma once

#include <string>

#include "data/dataset.h"

namespace siam {

/// The bytes of a JPEG file; quality 1 to 100.
std::string encode_jpeg(const Image& image, int quality);

/// The image with its long side reduced to `side` pixels, antialiased; the image itself if it is
/// smaller.
Image thumbnail(const Image& image, int side);

}  // namespace siam
