// A damaged JPEG is an Error or an image of the size it says, never a crash: with flipped bytes
// libjpeg meets wrong tables, sizes, markers and codes. Under AddressSanitizer an overrun is seen.

#include <doctest/doctest.h>
// jpeglib.h needs FILE declared first.
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include <fstream>
#include <numeric>

#include "data/jpeg.h"
#include "tensor/check.h"
#include "tensor/philox.h"
#include "tests/scratch.h"

namespace siam {

namespace {

using Bytes = std::vector<uint8_t>;

// 40 x 56 pixels of noise over a ramp, so that all kinds of codes occur.
Bytes noisy_jpeg(int components, bool progressive) {
  constexpr int kHeight = 40, kWidth = 56;
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = kWidth;
  info.image_height = kHeight;
  info.input_components = components;
  info.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  if (progressive) jpeg_simple_progression(&info);
  info.restart_in_rows = 2;
  jpeg_start_compress(&info, TRUE);
  Random random(41, Purpose::test);
  for (int y = 0; y < kHeight; ++y) {
    Bytes row(static_cast<size_t>(kWidth) * components);
    for (uint8_t& value : row) value = static_cast<uint8_t>(3 * y + random.below(100));
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const Bytes bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

}  // namespace

TEST_CASE("a JPEG with flipped bytes is an error or an image") {
  const ScratchFolder folder;
  const auto path = folder / "damaged.jpg";
  Random random(42, Purpose::test);
  int images = 0, errors = 0;
  for (const int components : {1, 3})
    for (const bool progressive : {false, true}) {
      const Bytes whole = noisy_jpeg(components, progressive);
      for (int variant = 0; variant < 125; ++variant) {
        Bytes bytes = whole;
        // Half of the variants are hit in the header, which a uniform choice would seldom hit.
        const uint32_t range = static_cast<uint32_t>(variant % 2 ? whole.size() : whole.size() / 4);
        for (uint32_t hits = 1 + random.below(4); hits > 0; --hits)
          bytes[random.below(range)] ^= static_cast<uint8_t>(1 + random.below(255));
        if (variant % 10 == 0) bytes.resize(random.below(static_cast<uint32_t>(whole.size())));
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        try {
          const Image image = read_jpeg(path);
          REQUIRE(image.height > 0);
          REQUIRE(image.width > 0);
          const int64_t values = int64_t{image.height} * image.width * 3;
          REQUIRE(values <= 3 * kMaxPixels);
          CHECK(std::accumulate(image.pixels, image.pixels + values, int64_t{0}) <= 255 * values);
          ++images;
        } catch (const Error& error) {
          CHECK(std::string(error.what()).find("damaged.jpg") != std::string::npos);
          ++errors;
        }
      }
    }
  CHECK(images > 50);
  CHECK(errors > 50);
}

}  // namespace siam
