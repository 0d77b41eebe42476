// A damaged image file gives an Error or an image of the declared size, never a crash: with flipped
// bytes the libraries meet wrong tables, sizes, markers and codes. AddressSanitizer detects
// overruns.

#include <doctest/doctest.h>

#include <numeric>

#include "data/image_file.h"
#include "tensor/check.h"
#include "tensor/philox.h"
#include "tests/data/files.h"

namespace siam {

namespace {

// 40 x 56 pixels of noise over a ramp, so that all kinds of codes occur.
Bytes noisy_jpeg(int channels, bool progressive) {
  Random random(41, Purpose::test);
  return jpeg_bytes(
      40, 56, channels,
      [&](int y, int, int) { return 3 * y + static_cast<int>(random.below(100)); },
      [&](jpeg_compress_struct& info) {
        if (progressive) jpeg_simple_progression(&info);
        info.restart_in_rows = 2;
      });
}

}  // namespace

TEST_CASE("a JPEG with flipped bytes is an error or an image") {
  Random random(42, Purpose::test);
  int images = 0, errors = 0;
  for (const int channels : {1, 3, 4})
    for (const bool progressive : {false, true}) {
      const Bytes whole = noisy_jpeg(channels, progressive);
      for (int variant = 0; variant < 125; ++variant) {
        Bytes bytes = whole;
        // Half of the variants are damaged in the header, which a uniform choice would seldom hit.
        const uint32_t range = static_cast<uint32_t>(variant % 2 ? whole.size() : whole.size() / 4);
        for (uint32_t hits = 1 + random.below(4); hits > 0; --hits)
          bytes[random.below(range)] ^= static_cast<uint8_t>(1 + random.below(255));
        if (variant % 10 == 0) bytes.resize(random.below(static_cast<uint32_t>(whole.size())));
        try {
          const Image image = decode_image(bytes);
          REQUIRE(image.height > 0);
          REQUIRE(image.width > 0);
          const int64_t values = int64_t{image.height} * image.width * 3;
          REQUIRE(values <= kMaxImageBytes);
          CHECK(std::accumulate(image.pixels, image.pixels + values, int64_t{0}) <= 255 * values);
          ++images;
        } catch (const Error& error) {
          CHECK(std::string(error.what()) != "");
          ++errors;
        }
      }
    }
  CHECK(images > 50);
  CHECK(errors > 50);
}

}  // namespace siam
