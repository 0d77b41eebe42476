#pragma once
// Image files: JPEG and PNG, told apart by their content and not by their names.

#include <span>
#include <string>

#include "data/dataset.h"

namespace siam {

/// Bounds on the memory for one image: its pixels, what a decoder needs beside them (a progressive
/// JPEG's coefficients), and the file. A few bytes of a file can ask for gigabytes.
inline constexpr int64_t kMaxImageBytes = int64_t{192} << 20;
inline constexpr int64_t kMaxDecoderBytes = int64_t{512} << 20;
inline constexpr int64_t kMaxFileBytes = int64_t{256} << 20;

/// Decodes a JPEG or PNG of any colour space; CMYK and transparency become RGB as by Pillow's
/// convert("RGB"). A JPEG whose pixels exceed kMaxImageBytes is decoded at 1/2, 1/4 or 1/8 of its
/// size. Error if it is damaged, truncated, of another kind, or above the bounds.
Image decode_image(std::span<const uint8_t> bytes);

/// Of a file; errors name it.
Image read_image(const std::filesystem::path& path);

/// What a file is by its first bytes (12 are enough), as a user would say it: "a JPEG", "a PNG",
/// "a WebP image", "empty", "of no known kind".
std::string kind_of(std::span<const uint8_t> start);
/// True of "a JPEG" and "a PNG".
bool is_image(std::span<const uint8_t> start);

// The two formats, each in its file.
Image decode_jpeg(std::span<const uint8_t> bytes);
Image decode_png(std::span<const uint8_t> bytes);

}  // namespace siam
