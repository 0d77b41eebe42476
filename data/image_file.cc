#include "data/image_file.h"

#include <algorithm>

#include "data/orientation.h"
#include "tensor/check.h"
#include "tensor/io/file_kind.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

std::string_view known_kind(std::span<const uint8_t> start) {
  return file_kind({reinterpret_cast<const char*>(start.data()), start.size()});
}

}  // namespace

std::string kind_of(std::span<const uint8_t> start) {
  if (start.empty()) return "empty";
  const std::string_view kind = known_kind(start);
  return std::string(kind.empty() ? "of no known kind" : kind);
}

bool is_image(std::span<const uint8_t> start) {
  const std::string_view kind = known_kind(start);
  return kind == kJpeg || kind == kPng || (kind == kWebp && reads_webp());
}

std::string other_image_kind(std::span<const uint8_t> start) {
  const std::string_view kind = known_kind(start), image = " image";
  const size_t end = kind.find(image), article = kind.find(' ') + 1;
  if (is_image(start) || end == kind.npos) return {};
  const bool or_video = kind.ends_with("or a video");
  return fmt::format("{} images{}{}", kind.substr(article, end - article),
                     or_video ? " or videos" : "",
                     kind == kWebp ? ", which this build does not read (libwebp was missing)" : "");
}

std::string format_of(std::span<const uint8_t> start) {
  const std::string_view kind = known_kind(start);
  return kind == kJpeg ? "JPEG" : kind == kPng ? "PNG" : "WebP";
}

std::string readable_formats() { return reads_webp() ? "JPEG, PNG or WebP" : "JPEG or PNG"; }

void check_size(size_t width, size_t height) {
  constexpr int64_t kLimit = kMaxImageBytes / 3;
  if (static_cast<int64_t>(width * height) > kLimit)
    throw TooLarge(fmt::format("{}x{} pixels are more than the limit of {} megapixels", width,
                               height, kLimit / 1'000'000));
}

StoredImage decode_stored(std::span<const uint8_t> bytes, const NeededPart& needed) {
  const std::string_view kind = known_kind(bytes);
  if (kind == kJpeg) return decode_jpeg(bytes, needed);
  if (kind == kPng) return decode_png(bytes);
  if (kind == kWebp && reads_webp()) return decode_webp(bytes);
  fail("{}", kind_of(bytes));
}

Image decode_image(std::span<const uint8_t> bytes, const NeededPart& needed) {
  const StoredImage stored = decode_stored(bytes, needed);
  return upright(stored.image, stored.orientation);
}

Image read_image(const std::filesystem::path& path, const NeededPart& needed) {
  const std::vector<uint8_t> bytes = read_bytes(path, kMaxFileBytes);
  try {
    return decode_image(bytes, needed);
  } catch (const TooLarge& error) {
    fail("{}: {}; a smaller image is needed; scale it down or remove the file", path.string(),
         error.what());
  } catch (const Error& error) {
    fail("{}: {}; a whole {} is needed; replace or remove the file", path.string(), error.what(),
         readable_formats());
  }
}

}  // namespace siam
