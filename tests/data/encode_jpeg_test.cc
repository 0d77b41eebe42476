#include "data/encode_jpeg.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "data/image_file.h"

namespace siam {

namespace {

// A smooth picture, grey and larger to the right.
Image ramp(int height, int width) {
  auto pixels = std::make_shared<std::vector<uint8_t>>(size_t{3} * height * width);
  for (int i = 0; i < height * width; ++i)
    for (int c = 0; c < 3; ++c)
      (*pixels)[3 * i + c] = static_cast<uint8_t>(255 * (i % width) / (width - 1));
  return {height, width, pixels->data(), pixels};
}

}  // namespace

TEST_CASE("a JPEG that was encoded decodes to nearly the same pixels") {
  const Image image = ramp(30, 50);
  const std::string bytes = encode_jpeg(image, 90);
  const Image seen = decode_image({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE(seen.height == 30);
  REQUIRE(seen.width == 50);
  for (int i = 0; i < 30 * 50 * 3; ++i) CHECK(std::abs(seen.pixels[i] - image.pixels[i]) <= 4);
}

TEST_CASE("a thumbnail has the shape of its image and the long side asked for") {
  const Image reduced = thumbnail(ramp(100, 400), 80);
  CHECK(reduced.width == 80);
  CHECK(reduced.height == 20);
  CHECK(std::abs(reduced.pixels[3 * 40] - 128) <= 3);
  CHECK(reduced.pixels[3 * 79] > 250);
  const Image sliver = thumbnail(ramp(1, 400), 80);
  CHECK(sliver.height == 1);
  const Image small = ramp(10, 20);
  CHECK(thumbnail(small, 80).pixels == small.pixels);
}

}  // namespace siam
