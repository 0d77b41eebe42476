// Image files of every kind that data sets contain, against Pillow's pixels, and files that cannot
// be read.

#include "data/image_file.h"

#include <doctest/doctest.h>
#include <png.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>

#include "tensor/check.h"
#include "tensor/io/read_file.h"
#include "tests/data/files.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

const fs::path kImages = SIAM_SOURCE_DIR "/tests/golden/images";

// A binary PPM (tests/golden/make_images.py): "P6", width, height, 255, pixels.
void check_pixels(const Image& image, const fs::path& ppm) {
  std::ifstream file(ppm, std::ios::binary);
  std::string magic;
  int width = 0, height = 0, most = 0;
  file >> magic >> width >> height >> most;
  file.get();
  REQUIRE(magic == "P6");
  std::vector<char> pixels(static_cast<size_t>(width) * height * 3);
  file.read(pixels.data(), static_cast<std::streamsize>(pixels.size()));
  REQUIRE(file);
  REQUIRE(image.width == width);
  REQUIRE(image.height == height);
  CHECK(std::memcmp(image.pixels, pixels.data(), pixels.size()) == 0);
}

// 16 bits a channel, interlaced or not; the high byte of pixel i is i % 256.
Bytes png_bytes(int height, int width, int color_type, bool interlaced) {
  Bytes bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  const auto append = [](png_structp writer, png_bytep data, size_t count) {
    auto* to = static_cast<Bytes*>(png_get_io_ptr(writer));
    to->insert(to->end(), data, data + count);
  };
  png_set_write_fn(png, &bytes, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 16,
               color_type, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  const size_t stride = png_get_rowbytes(png, info);
  Bytes pixels(stride * static_cast<size_t>(height));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i / 2);
  std::vector<png_bytep> rows;
  for (int y = 0; y < height; ++y) rows.push_back(&pixels[static_cast<size_t>(y) * stride]);
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

void check_fails(const fs::path& path, const char* expected) {
  CAPTURE(expected);
  CHECK_THROWS_WITH_AS(read_image(path), doctest::Contains(expected), Error);
  CHECK_THROWS_WITH_AS(read_image(path), doctest::Contains(path.filename().c_str()), Error);
}

}  // namespace

// No tolerance: CMYK, compositing on white and the upper byte of 16 bits follow Pillow's arithmetic
// to the last bit; the decoders of JPEG and WebP are the same libraries.
TEST_CASE("images of every format, colour space and orientation have Pillow's pixels") {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(kImages)) {
    if (entry.path().extension() == ".ppm") continue;
    CAPTURE(entry.path().string());
    if (entry.path().extension() == ".webp" && !reads_webp()) {
      CHECK_THROWS_WITH_AS(read_image(entry.path()), doctest::Contains("a WebP image"), Error);
      continue;
    }
    check_pixels(read_image(entry.path()), entry.path().string() + ".ppm");
    ++files;
  }
  CHECK(files == (reads_webp() ? 31 : 25));
}

TEST_CASE("PNGs of 16 bits, interlaced, grey, with transparency") {
  for (const int type : {PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA, PNG_COLOR_TYPE_GRAY})
    for (const bool interlaced : {false, true}) {
      CAPTURE(type);
      CAPTURE(interlaced);
      const Image image = decode_image(png_bytes(9, 13, type, interlaced));
      REQUIRE(image.height == 9);
      REQUIRE(image.width == 13);
      for (int i = 0; i < 9 * 13; ++i)
        for (int c = 0; c < 3; ++c) {
          const int from = type == PNG_COLOR_TYPE_GRAY  ? i
                           : type == PNG_COLOR_TYPE_RGB ? 3 * i + c
                                                        : 4 * i + c;
          // Both bytes of a value are equal; transparent pixels are composited on white.
          const double value = from % 256,
                       alpha = type == PNG_COLOR_TYPE_RGB_ALPHA ? (4 * i + 3) % 256 / 255.0 : 1;
          CHECK(image.pixels[3 * i + c] == std::lround(value * alpha + 255 * (1 - alpha)));
        }
    }
}

TEST_CASE("files that are cut anywhere are errors") {
  const ScratchFolder folder;
  for (const char* name : {"progressive.jpg", "cmyk.jpg", "extraneous_bytes.jpg", "rgba.png",
                           "orientation_5.png", "lossy_alpha.webp", "animation.webp"}) {
    CAPTURE(name);
    const Bytes whole = read_bytes(kImages / name, kMaxFileBytes);
    for (size_t length = 0; length < whole.size(); length += 1 + length / 16) {
      write(folder / name, Bytes(whole.begin(), whole.begin() + static_cast<int64_t>(length)));
      CHECK_THROWS_AS(read_image(folder / name), Error);
    }
    write(folder / name, Bytes(whole.begin(), whole.end() - 1));
    CHECK_THROWS_AS(read_image(folder / name), Error);
  }
}

TEST_CASE("what is no image gives one line that says what it is") {
  const ScratchFolder folder;
  const fs::path path = folder / "x.jpg";
  write(path, {});
  check_fails(path, "x.jpg: empty; a whole JPEG");
  write(path, Bytes(100, 7));
  check_fails(path, "x.jpg: of no known kind");
  write(path, {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'E', 'B', 'P'});
  check_fails(path, reads_webp() ? "x.jpg: premature end of file" : "x.jpg: a WebP image");
  write(path, {'G', 'I', 'F', '8', '9', 'a'});
  check_fails(path, "x.jpg: a GIF image");
  write_gzip(path, jpeg_bytes(8, 8, 3, [](int, int, int) { return 0; }));
  check_fails(path, "x.jpg: a gzip file");
  fs::remove(path);
  check_fails(path, "cannot open: No such file");
}

TEST_CASE("only regular files are read: no pipe, no device, no folder") {
  const ScratchFolder folder;
  REQUIRE(mkfifo((folder / "pipe.jpg").c_str(), 0600) == 0);
  check_fails(folder / "pipe.jpg", "not a regular file");
  fs::create_symlink("/dev/zero", folder / "zero.jpg");
  check_fails(folder / "zero.jpg", "not a regular file");
  fs::create_directory(folder / "folder.jpg");
  check_fails(folder / "folder.jpg", "not a regular file");
  write_jpeg(folder / "real", 8, 8);
  fs::create_symlink("real", folder / "link.jpg");
  CHECK(read_image(folder / "link.jpg").width == 8);
  // A sparse file of a terabyte.
  fs::resize_file(folder / "real", uintmax_t{1} << 40);
  check_fails(folder / "link.jpg", "1099511627776 bytes; at most 268435456");
}

TEST_CASE("a JPEG whose pixels have no room is decoded at half the size") {
  constexpr int kHeight = 8400, kWidth = 8003;  // 201.7 MB
  static_assert(int64_t{kHeight} * kWidth * 3 > kMaxImageBytes);
  // Red below, green on the right.
  const Bytes bytes = jpeg_bytes(kHeight, kWidth, 3, [](int y, int x, int c) {
    return c == 0 ? y * 255 / kHeight : c == 1 ? x * 255 / kWidth : 128;
  });
  const Image image = decode_image(bytes);
  CHECK(image.height == kHeight / 2);
  CHECK(image.width == (kWidth + 1) / 2);
  for (const int y : {0, 2000, 4199})
    for (const int x : {0, 1500, 4001}) {
      const uint8_t* pixel = image.pixels + (size_t(y) * image.width + x) * 3;
      CHECK(std::abs(pixel[0] - y * 255 / 4200) <= 3);
      CHECK(std::abs(pixel[1] - x * 255 / 4001) <= 3);
      CHECK(std::abs(pixel[2] - 128) <= 3);
    }
}

TEST_CASE("a few bytes that ask for gigabytes are an error before they get them") {
  Bytes bytes = jpeg_bytes(
      16, 16, 3, [](int, int, int) { return 9; },
      [](jpeg_compress_struct& info) { jpeg_simple_progression(&info); });
  // Height and width in the frame header, which is 0xffc2 in a progressive JPEG.
  for (size_t i = 0; i + 9 < bytes.size(); ++i)
    if (bytes[i] == 0xff && bytes[i + 1] == 0xc2)
      for (size_t j = i + 5; j < i + 9; ++j) bytes[j] = (j - i) % 2 == 1 ? 0xff : 0;  // 65280
  CHECK_THROWS_WITH_AS(decode_image(bytes), doctest::Contains("more than 512 MiB of memory"),
                       Error);
  Bytes png = png_bytes(8, 8, PNG_COLOR_TYPE_RGB, false);
  for (const size_t at : {17, 21}) png[at] = 1;  // 65544 x 65544 pixels, and a wrong checksum
  CHECK_THROWS_AS(decode_image(png), Error);
  const auto sum = static_cast<uint32_t>(crc32(0, png.data() + 12, 17));  // of the header
  for (const size_t i : {0, 1, 2, 3}) png[29 + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
  const ScratchFolder folder;
  write(folder / "large.png", png);
  check_fails(folder / "large.png",
              "large.png: 65544x65544 pixels are more than the limit of 67 megapixels; a smaller "
              "image is needed; ");
}

}  // namespace siam
