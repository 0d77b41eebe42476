#pragma once
// How a camera was held: EXIF's tag 0x0112, and what it does to pixels.

#include <span>

#include "data/dataset.h"

namespace siam {

/// From an EXIF block, with or without the "Exif" prefix that JPEGs have; 1, upright, if it has no
/// such tag or no value from 1 to 8. We need only one number from a format of twelve-byte entries:
/// less code to read, and to trust, than a library for all of it.
int exif_orientation(std::span<const uint8_t> exif);

/// The image turned and mirrored so that it is seen as it was taken; itself for orientation 1.
Image upright(const Image& image, int orientation);

}  // namespace siam
