#include "data/orientation.h"

#include <algorithm>
#include <array>

namespace siam {

namespace {

// TIFF's numbers, in the byte order that its header names. Bytes outside of the block read as 0.
class TiffBlock {
 public:
  explicit TiffBlock(std::span<const uint8_t> bytes)
      : bytes_(bytes), big_(bytes.size() > 1 && bytes[0] == 'M') {}

  uint32_t number(size_t offset, size_t count) const {
    if (offset > bytes_.size() || bytes_.size() - offset < count) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i)
      value = value << 8 | bytes_[offset + (big_ ? i : count - 1 - i)];
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
  bool big_;
};

}  // namespace

int exif_orientation(std::span<const uint8_t> exif) {
  constexpr std::array<uint8_t, 6> kPrefix = {'E', 'x', 'i', 'f', 0, 0};
  if (exif.size() >= kPrefix.size() && std::equal(kPrefix.begin(), kPrefix.end(), exif.begin()))
    exif = exif.subspan(kPrefix.size());
  constexpr uint32_t kTag = 0x0112, kShort = 3, kLong = 4;
  const TiffBlock tiff(exif);
  if (tiff.number(2, 2) != 42) return 1;
  const size_t directory = tiff.number(4, 4);
  const size_t entries = std::min<size_t>(tiff.number(directory, 2), exif.size() / 12);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;  // tag, type, count, value
    if (tiff.number(entry, 2) != kTag) continue;
    const uint32_t type = tiff.number(entry + 2, 2);
    const uint32_t value = type == kShort  ? tiff.number(entry + 8, 2)
                           : type == kLong ? tiff.number(entry + 8, 4)
                                           : 1;
    return 1 <= value && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// Orientations 5 to 8 exchange rows and columns; then rows, columns or both may run backwards.
//   1 upright          2 mirrored           3 turned by 180       4 mirrored upside down
//   5 transposed       6 to be turned right 7 transposed, by 180  8 to be turned left
Image upright(const Image& image, int orientation) {
  if (orientation == 1) return image;
  const bool exchanged = orientation >= 5;
  const bool up = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool left = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const int height = exchanged ? image.width : image.height,
            width = exchanged ? image.height : image.width;
  auto pixels = std::make_shared<std::vector<uint8_t>>(static_cast<size_t>(height) * width * 3);
  uint8_t* out = pixels->data();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x, out += 3) {
      const int line = exchanged ? x : y, column = exchanged ? y : x;
      const size_t from = static_cast<size_t>(up ? image.height - 1 - line : line) * image.width +
                          static_cast<size_t>(left ? image.width - 1 - column : column);
      std::copy_n(image.pixels + from * 3, 3, out);
    }
  return {height, width, pixels->data(), pixels};
}

}  // namespace siam
