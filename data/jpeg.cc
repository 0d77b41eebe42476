#include <cstdio>
// jpeglib.h needs FILE declared first, jerror.h needs jpeglib.h.
#include <jpeglib.h>

#include <jerror.h>

#include "data/image_file.h"
#include "tensor/check.h"

namespace siam {

namespace {

// libjpeg reports through callbacks that must not return; an exception leaves through its C frames,
// which Debian builds with unwind tables on every 64-bit architecture.
[[noreturn]] void on_error(j_common_ptr info) {
  // What it says where a progressive image's coefficients do not fit.
  if (info->err->msg_code == JERR_NO_BACKING_STORE)
    fail("its decoder needs more than {} MiB of memory", kMaxDecoderBytes >> 20);
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  throw Error(message);
}

// Warnings of pixels that are missing or wrong are errors. Behind the others (bytes between
// markers, odd versions) the image is whole.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC: on_error(info);
    default: break;
  }
}

struct Decompressor {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  Decompressor() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = on_error;
    errors.emit_message = on_message;
    jpeg_create_decompress(&info);
    info.mem->max_memory_to_use = kMaxDecoderBytes;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info); }
  Decompressor(const Decompressor&) = delete;
};

// The largest scale at which the pixels fit.
void choose_scale(jpeg_decompress_struct& info) {
  info.scale_num = 1;
  for (info.scale_denom = 1; info.scale_denom <= 8; info.scale_denom *= 2) {
    jpeg_calc_output_dimensions(&info);
    if (int64_t{info.output_width} * info.output_height * 3 <= kMaxImageBytes) return;
  }
  fail("{}x{} pixels are too many", info.image_width, info.image_height);
}

// a b / 255, rounded.
uint8_t scaled(int a, int b) {
  const int product = a * b + 128;
  return static_cast<uint8_t>(((product >> 8) + product) >> 8);
}

// Files hold inverted CMYK (Adobe's convention): 255 is no ink. Pillow's arithmetic, to the last
// bit.
void cmyk_to_rgb(const uint8_t* cmyk, size_t pixels, uint8_t* rgb) {
  for (size_t i = 0; i < pixels; ++i)
    for (int c = 0; c < 3; ++c)
      rgb[3 * i + c] =
          static_cast<uint8_t>(cmyk[4 * i + 3] - scaled(255 - cmyk[4 * i + c], cmyk[4 * i + 3]));
}

}  // namespace

Image decode_jpeg(std::span<const uint8_t> bytes) {
  Decompressor jpeg;
  jpeg_decompress_struct& info = jpeg.info;
  jpeg_mem_src(&info, bytes.data(), bytes.size());
  jpeg_read_header(&info, TRUE);
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  choose_scale(info);
  jpeg_start_decompress(&info);
  const size_t width = info.output_width, stride = width * 3;
  auto pixels = std::make_shared<std::vector<uint8_t>>(stride * info.output_height);
  std::vector<uint8_t> inks(cmyk ? width * 4 : 0);
  while (info.output_scanline < info.output_height) {
    uint8_t* row = pixels->data() + info.output_scanline * stride;
    JSAMPROW to = cmyk ? inks.data() : row;
    jpeg_read_scanlines(&info, &to, 1);
    if (cmyk) cmyk_to_rgb(inks.data(), width, row);
  }
  jpeg_finish_decompress(&info);
  return {static_cast<int>(info.output_height), static_cast<int>(width), pixels->data(), pixels};
}

}  // namespace siam
