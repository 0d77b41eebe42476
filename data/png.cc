#include <png.h>

#include <algorithm>

#include "data/image_file.h"
#include "data/orientation.h"
#include "data/transparency.h"
#include "tensor/check.h"

namespace siam {

namespace {

// As for libjpeg, an exception leaves through the library's C frames.
[[noreturn]] void on_error(png_structp, png_const_charp message) { throw Error(message); }
void on_warning(png_structp, png_const_charp) {}

void read_data(png_structp png, png_bytep to, size_t count) {
  auto& rest = *static_cast<std::span<const uint8_t>*>(png_get_io_ptr(png));
  if (count > rest.size()) throw Truncated("premature end of file");
  std::copy_n(rest.begin(), count, to);
  rest = rest.subspan(count);
}

struct Reader {
  png_structp png;
  png_infop info;
  Reader()
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, on_error, on_warning)),
        info(png != nullptr ? png_create_info_struct(png) : nullptr) {
    if (info == nullptr) throw std::bad_alloc();
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
};

int orientation_of(png_structp png, png_infop info) {
  png_bytep exif = nullptr;
  png_uint_32 count = 0;
  if (png_get_eXIf_1(png, info, &count, &exif) == 0) return 1;
  return exif_orientation({exif, count});
}

}  // namespace

// Everything becomes 8-bit RGB: palettes and grey levels are expanded, 16-bit channels keep their
// upper 8 bits.
StoredImage decode_png(std::span<const uint8_t> bytes) {
  Reader reader;
  png_structp png = reader.png;
  png_infop info = reader.info;
  png_set_read_fn(png, &bytes, read_data);
  png_read_info(png, info);
  const size_t height = png_get_image_height(png, info), width = png_get_image_width(png, info);
  check_size(width, height);
  const bool grey = (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0;
  png_set_strip_16(png);
  png_set_expand(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const size_t channels = png_get_channels(png, info), stride = width * channels;
  check((channels == 3 || channels == 4) && png_get_rowbytes(png, info) == stride,
        "an unknown kind of pixels");
  auto pixels = std::make_shared<std::vector<uint8_t>>(stride * height);
  std::vector<png_bytep> rows(height);
  for (size_t y = 0; y < height; ++y) rows[y] = pixels->data() + y * stride;
  png_read_image(png, rows.data());
  png_read_end(png, info);
  if (channels == 4) {
    compose_on_white(pixels->data(), width * height, pixels->data());
    pixels->resize(width * height * 3);
  }
  return {{static_cast<int>(height), static_cast<int>(width), pixels->data(), pixels},
          grey ? Colors::grey : Colors::rgb,
          orientation_of(png, info)};
}

std::vector<uint8_t> encode_png(const Image& image) {
  png_image description = {};
  description.version = PNG_IMAGE_VERSION;
  description.width = static_cast<png_uint_32>(image.width);
  description.height = static_cast<png_uint_32>(image.height);
  description.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> bytes(PNG_IMAGE_PNG_SIZE_MAX(description));
  png_alloc_size_t size = bytes.size();
  const int written = png_image_write_to_memory(&description, bytes.data(), &size, 0, image.pixels,
                                                3 * image.width, nullptr);
  check(written != 0, "png: {}; an image that can be written is needed; make it smaller",
        description.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace siam
