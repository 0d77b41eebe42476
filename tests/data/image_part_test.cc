// Partially decoded images against the whole.

#include <doctest/doctest.h>

#include "data/image_file.h"
#include "tensor/philox.h"
#include "tests/data/files.h"

namespace siam {

namespace {

constexpr int kHeight = 150, kWidth = 190;

// Colours that change from pixel to pixel, so that interpolated chroma depends on neighbours.
Bytes jpeg(int channels, const std::function<void(jpeg_compress_struct&)>& prepare) {
  Random random(3, Purpose::test, 0);
  return jpeg_bytes(
      kHeight, kWidth, channels,
      [&](int y, int x, int c) {
        return (y * (c + 1) * 5 + x * (3 - c) * 7 + static_cast<int>(random.below(60))) % 256;
      },
      prepare);
}

void check_parts(const Bytes& bytes) {
  const Image whole = decode_image(bytes);
  Random random(4, Purpose::test, 0);
  int64_t asked = 0, different = 0;
  for (int i = 0; i < 200; ++i) {
    Box box;
    decode_image(bytes, [&](int height, int width) {  // the image's own height and width
      CHECK(height == whole.height);
      CHECK(width == whole.width);
      box.height = 1 + static_cast<int>(random.below(static_cast<uint32_t>(height)));
      box.width = 1 + static_cast<int>(random.below(static_cast<uint32_t>(width)));
      box.top = static_cast<int>(random.below(static_cast<uint32_t>(height - box.height + 1)));
      box.left = static_cast<int>(random.below(static_cast<uint32_t>(width - box.width + 1)));
      ++asked;
      return box;
    });
    const Image part = decode_image(bytes, [&](int, int) { return box; });
    REQUIRE(part.height == whole.height);
    REQUIRE(part.width == whole.width);
    for (int y = box.top; y < box.top + box.height; ++y) {
      const size_t begin = (static_cast<size_t>(y) * whole.width + box.left) * 3;
      different += !std::equal(part.pixels + begin, part.pixels + begin + 3 * box.width,
                               whole.pixels + begin);
    }
  }
  CHECK(asked == 200);
  CHECK(different == 0);
}

}  // namespace

TEST_CASE("a part of a JPEG has the pixels of the whole") {
  for (const int horizontal : {1, 2})
    for (const int vertical : {1, 2})
      for (const bool progressive : {false, true}) {
        CAPTURE(horizontal);
        CAPTURE(vertical);
        CAPTURE(progressive);
        check_parts(jpeg(3, [&](jpeg_compress_struct& info) {
          info.comp_info[0].h_samp_factor = horizontal;
          info.comp_info[0].v_samp_factor = vertical;
          if (progressive) jpeg_simple_progression(&info);
        }));
      }
  check_parts(jpeg(1, [](jpeg_compress_struct&) {}));
  check_parts(jpeg(4, [](jpeg_compress_struct&) {}));
}

TEST_CASE("less of a file is read for a part of it") {
  Bytes bytes = jpeg(3, [](jpeg_compress_struct&) {});
  bytes.resize(bytes.size() / 2);
  CHECK_THROWS_AS(decode_image(bytes), Error);
  const auto box = [](int top) { return [top](int, int width) { return Box{top, 0, 10, width}; }; };
  CHECK(decode_image(bytes, box(20)).height == kHeight);
  CHECK_THROWS_AS(decode_image(bytes, box(kHeight - 10)), Error);
}

TEST_CASE("the smallest box around two") {
  const auto same = [](const Box& a, const Box& b) {
    return a.top == b.top && a.left == b.left && a.height == b.height && a.width == b.width;
  };
  CHECK(same(around({2, 3, 4, 5}, {1, 6, 2, 9}), {1, 3, 5, 12}));
  CHECK(same(around({}, {2, 3, 4, 5}), {2, 3, 4, 5}));
  CHECK(same(around({2, 3, 4, 5}, {}), {2, 3, 4, 5}));
}

}  // namespace siam
