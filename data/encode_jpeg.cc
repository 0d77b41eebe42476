#include "data/encode_jpeg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE declared first.
#include <jpeglib.h>

#include "data/resize.h"
#include "tensor/check.h"

namespace siam {

namespace {

[[noreturn]] void on_error(j_common_ptr info) {
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  throw Error(message);
}

struct Compressor {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  Compressor() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = on_error;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, &size);
  }
  ~Compressor() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
  Compressor(const Compressor&) = delete;
};

}  // namespace

std::string encode_jpeg(const Image& image, int quality) {
  Compressor jpeg;
  jpeg_compress_struct& info = jpeg.info;
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    // The library does not write to it.
    auto* row = const_cast<uint8_t*>(image.pixels) + size_t{3} * info.next_scanline * image.width;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return {reinterpret_cast<const char*>(jpeg.bytes), jpeg.size};
}

Image thumbnail(const Image& image, int side) {
  const int largest = std::max(image.height, image.width);
  if (largest <= side) return image;
  const auto reduced = [&](int extent) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(extent) * side / largest)));
  };
  const int height = reduced(image.height), width = reduced(image.width);
  std::vector<float> values(size_t{3} * height * width);
  resize_crop(image, {0, image.height, height, 0, height}, {0, image.width, width, 0, width},
              values.data());
  auto pixels = std::make_shared<std::vector<uint8_t>>(values.size());
  std::transform(values.begin(), values.end(), pixels->begin(), [](float value) {
    return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0f, 1.0f) * 255));
  });
  return {height, width, pixels->data(), pixels};
}

}  // namespace siam
