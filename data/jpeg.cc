#include "data/jpeg.h"

#include <cstdio>
// jpeglib.h needs FILE declared first.
#include <jpeglib.h>

#include "data/read_file.h"
#include "tensor/check.h"

namespace siam {

namespace {

// libjpeg reports through callbacks that must not return; an exception leaves through its C frames,
// which Debian builds with unwind tables on every 64-bit architecture.
[[noreturn]] void on_error(j_common_ptr info) {
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  throw Error(message);
}

void on_message(j_common_ptr info, int level) {
  if (level < 0) on_error(info);  // a warning: the data is corrupt
}

struct Decompressor {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  Decompressor() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = on_error;
    errors.emit_message = on_message;
    jpeg_create_decompress(&info);
  }
  ~Decompressor() { jpeg_destroy_decompress(&info); }
  Decompressor(const Decompressor&) = delete;
};

Image decode(const std::vector<uint8_t>& bytes) {
  Decompressor jpeg;
  jpeg_decompress_struct& info = jpeg.info;
  jpeg_mem_src(&info, bytes.data(), bytes.size());
  jpeg_read_header(&info, TRUE);
  check(int64_t{info.image_width} * info.image_height <= kMaxPixels, "{}x{} pixels, more than {}",
        info.image_width, info.image_height, kMaxPixels);
  check(info.jpeg_color_space != JCS_CMYK && info.jpeg_color_space != JCS_YCCK, "CMYK colours");
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  const size_t stride = size_t{info.output_width} * 3;
  auto pixels = std::make_shared<std::vector<uint8_t>>(stride * info.output_height);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels->data() + info.output_scanline * stride;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return {static_cast<int>(info.output_height), static_cast<int>(info.output_width), pixels->data(),
          pixels};
}

}  // namespace

Image read_jpeg(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  check(!bytes.empty(), "{}: empty file; a JPEG is needed; replace or remove the file",
        path.string());
  try {
    return decode(bytes);
  } catch (const Error& error) {
    fail("{}: {}; a whole grey or RGB JPEG is needed; replace or remove the file", path.string(),
         error.what());
  }
}

}  // namespace siam
