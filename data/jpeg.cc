#include <cstdio>
// jpeglib.h needs FILE declared first, jerror.h needs jpeglib.h.
#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>

#include "data/image_file.h"
#include "data/orientation.h"
#include "tensor/check.h"

namespace siam {

namespace {

// libjpeg reports through callbacks that must not return; an exception leaves through its C frames,
// which Debian builds with unwind tables on every 64-bit architecture.
[[noreturn]] void on_error(j_common_ptr info) {
  // Its message if a progressive image's coefficients do not fit.
  if (info->err->msg_code == JERR_NO_BACKING_STORE)
    throw TooLarge(
        fmt::format("its decoder needs more than {} MiB of memory", kMaxDecoderBytes >> 20));
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  if (info->err->msg_code == JWRN_JPEG_EOF) throw Truncated(message);
  throw Error(message);
}

// Warnings about missing or wrong pixels are errors. With the others (bytes between markers, odd
// versions) the image is complete.
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
  throw TooLarge(fmt::format("{}x{} pixels are too many", info.image_width, info.image_height));
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

int orientation_of(const jpeg_decompress_struct& info) {
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::span<const uint8_t> block(marker->data, marker->data_length);
    if (block.size() > 6 && std::equal(block.begin(), block.begin() + 4, "Exif"))
      return exif_orientation(block);
  }
  return 1;
}

// Chroma is interpolated from neighbours, two pixels away at most; a decoder that begins or ends in
// the middle of an image lacks them there.
constexpr int kNeighbours = 4;

Box with_neighbours(const Box& box, int height, int width) {
  const int top = std::max(0, box.top - kNeighbours), left = std::max(0, box.left - kNeighbours);
  return {top, left, std::min(height, box.top + box.height + kNeighbours) - top,
          std::min(width, box.left + box.width + kNeighbours) - left};
}

}  // namespace

StoredImage decode_jpeg(std::span<const uint8_t> bytes, const NeededPart& needed) {
  Decompressor jpeg;
  jpeg_decompress_struct& info = jpeg.info;
  jpeg_mem_src(&info, bytes.data(), bytes.size());
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);  // EXIF's
  jpeg_read_header(&info, TRUE);
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  choose_scale(info);
  jpeg_start_decompress(&info);
  const int height = static_cast<int>(info.output_height),
            width = static_cast<int>(info.output_width), orientation = orientation_of(info);
  Box box{0, 0, height, width};
  if (needed && orientation == 1) box = with_neighbours(needed(height, width), height, width);
  // To the left the decoder goes back to the beginning of a block.
  JDIMENSION left = static_cast<JDIMENSION>(box.left), columns = static_cast<JDIMENSION>(box.width);
  if (box.width < width) jpeg_crop_scanline(&info, &left, &columns);
  if (box.top > 0) jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(box.top));
  const size_t stride = static_cast<size_t>(width) * 3;
  auto pixels = std::make_shared<std::vector<uint8_t>>(stride * height);
  std::vector<uint8_t> inks(cmyk ? columns * 4 : 0);
  while (static_cast<int>(info.output_scanline) < box.top + box.height) {
    uint8_t* row = pixels->data() + info.output_scanline * stride + left * 3;
    JSAMPROW to = cmyk ? inks.data() : row;
    jpeg_read_scanlines(&info, &to, 1);
    if (cmyk) cmyk_to_rgb(inks.data(), columns, row);
  }
  if (info.output_scanline == info.output_height) jpeg_finish_decompress(&info);
  return {{height, width, pixels->data(), pixels},
          cmyk                       ? Colors::cmyk
          : info.num_components == 1 ? Colors::grey
                                     : Colors::rgb,
          orientation};
}

}  // namespace siam
