#pragma once
// Image files: JPEG, PNG and, if libwebp was found at build time, WebP, told apart by their
// content, not by their names.

#include <span>
#include <string>

#include "data/dataset.h"
#include "tensor/check.h"

namespace siam {

/// Bounds on the memory for one image: its pixels, what a decoder needs beside them (a progressive
/// JPEG's coefficients), and the file. A few bytes of a file can ask for gigabytes.
inline constexpr int64_t kMaxImageBytes = int64_t{192} << 20;
inline constexpr int64_t kMaxDecoderBytes = int64_t{512} << 20;
inline constexpr int64_t kMaxFileBytes = int64_t{256} << 20;

/// The file ends before its image does.
struct Truncated : Error {
  using Error::Error;
};

/// The image, or the memory to decode it, is above the bounds.
struct TooLarge : Error {
  using Error::Error;
};
/// TooLarge if an image of this size is.
void check_size(size_t width, size_t height);

enum class Colors { rgb, grey, cmyk };

/// An image as its file stores it.
struct StoredImage {
  Image image;                  ///< RGB, not yet turned
  Colors colors = Colors::rgb;  ///< as stored in the file
  int orientation = 1;          ///< EXIF's, 1 to 8; 1 is upright
};

/// Decodes an image of any colour space to the RGB of Pillow: CMYK as by convert("RGB"),
/// transparency as composed on white by Image.alpha_composite, 16-bit channels as their upper 8
/// bits. A JPEG whose pixels exceed kMaxImageBytes is decoded at 1/2, 1/4 or 1/8 of its size. An
/// animation gives its first frame. Error if it is damaged, truncated (Truncated), of another kind,
/// or above the bounds (TooLarge). `needed`, if given, as for Dataset::image_around.
StoredImage decode_stored(std::span<const uint8_t> bytes, const NeededPart& needed = {});
/// The same, upright: turned and mirrored as its EXIF orientation says (ImageOps.exif_transpose).
Image decode_image(std::span<const uint8_t> bytes, const NeededPart& needed = {});

/// Reads a file; errors name it.
Image read_image(const std::filesystem::path& path, const NeededPart& needed = {});

/// file_kind() of these first bytes (32 are enough), "empty", or "of no known kind".
std::string kind_of(std::span<const uint8_t> start);
/// True for the formats that are read.
bool is_image(std::span<const uint8_t> start);
/// For an image in a format that is not read: "GIF images", or "WebP images, which this build does
/// not read (libwebp was missing)". Empty for everything else.
std::string other_image_kind(std::span<const uint8_t> start);
/// "JPEG, PNG or WebP", or those of them that are read.
std::string readable_formats();
bool reads_webp();
/// "JPEG", "PNG" or "WebP", for an image that is read.
std::string format_of(std::span<const uint8_t> start);

/// An image as a PNG file. Error if libpng refuses it.
std::vector<uint8_t> encode_png(const Image& image);

// The formats, each in its file.
StoredImage decode_jpeg(std::span<const uint8_t> bytes, const NeededPart& needed);
StoredImage decode_png(std::span<const uint8_t> bytes);
StoredImage decode_webp(std::span<const uint8_t> bytes);

}  // namespace siam
