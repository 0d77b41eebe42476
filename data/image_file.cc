#include "data/image_file.h"

#include <algorithm>
#include <string_view>

#include "data/read_file.h"
#include "tensor/check.h"

namespace siam {

namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view kind;
};

constexpr Signature kSignatures[] = {
    {0, "\xff\xd8"sv, "a JPEG"},
    {0, "\x89PNG\r\n\x1a\n"sv, "a PNG"},
    {8, "WEBP"sv, "a WebP image"},
    {0, "GIF8"sv, "a GIF image"},
    {0, "BM"sv, "a BMP image"},
    {0, "II*\0"sv, "a TIFF image"},
    {0, "MM\0*"sv, "a TIFF image"},
    {4, "ftypavif"sv, "an AVIF image"},
    {4, "ftyp"sv, "a HEIF image or a video"},
    {0, "\x1f\x8b"sv, "a gzip file"},
    {0, "<"sv, "a web page or XML"},
};

}  // namespace

std::string kind_of(std::span<const uint8_t> start) {
  if (start.empty()) return "empty";
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  for (const Signature& each : kSignatures)
    if (text.size() >= each.offset && text.substr(each.offset).starts_with(each.bytes))
      return std::string(each.kind);
  return "of no known kind";
}

bool is_image(std::span<const uint8_t> start) {
  const std::string kind = kind_of(start);
  return kind == "a JPEG" || kind == "a PNG";
}

Image decode_image(std::span<const uint8_t> bytes) {
  const std::string kind = kind_of(bytes);
  if (kind == "a JPEG") return decode_jpeg(bytes);
  if (kind == "a PNG") return decode_png(bytes);
  fail("{}", kind);
}

Image read_image(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path, kMaxFileBytes);
  try {
    return decode_image(bytes);
  } catch (const Error& error) {
    fail("{}: {}; a whole JPEG or PNG is needed; replace or remove the file", path.string(),
         error.what());
  }
}

}  // namespace siam
