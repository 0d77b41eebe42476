#include <png.h>

#include <algorithm>

#include "data/image_file.h"
#include "tensor/check.h"

namespace siam {

namespace {

// As for libjpeg, an exception leaves through the library's C frames.
[[noreturn]] void on_error(png_structp, png_const_charp message) { throw Error(message); }
void on_warning(png_structp, png_const_charp) {}

void read_data(png_structp png, png_bytep to, size_t count) {
  auto& rest = *static_cast<std::span<const uint8_t>*>(png_get_io_ptr(png));
  check(count <= rest.size(), "premature end of file");
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

}  // namespace

// Everything becomes 8-bit RGB: palettes and grey levels are looked up, 16 bits rounded to 8,
// transparency dropped.
Image decode_png(std::span<const uint8_t> bytes) {
  Reader reader;
  png_structp png = reader.png;
  png_set_read_fn(png, &bytes, read_data);
  png_read_info(png, reader.info);
  const size_t height = png_get_image_height(png, reader.info),
               width = png_get_image_width(png, reader.info), stride = width * 3;
  check(static_cast<int64_t>(stride * height) <= kMaxImageBytes,
        "{}x{} pixels are more than the {} that have room", width, height, kMaxImageBytes / 3);
  png_set_scale_16(png);
  png_set_expand(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, reader.info);
  check(png_get_rowbytes(png, reader.info) == stride, "an unknown kind of pixels");
  auto pixels = std::make_shared<std::vector<uint8_t>>(stride * height);
  std::vector<png_bytep> rows(height);
  for (size_t y = 0; y < height; ++y) rows[y] = pixels->data() + y * stride;
  png_read_image(png, rows.data());
  png_read_end(png, nullptr);
  return {static_cast<int>(height), static_cast<int>(width), pixels->data(), pixels};
}

}  // namespace siam
