#include <doctest/doctest.h>
// jpeglib.h needs FILE declared first.
#include <cstdio>

#include <jpeglib.h>
#include <zlib.h>

#include <fstream>

#include "data/dataset.h"
#include "data/jpeg.h"
#include "tensor/check.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

void write(const fs::path& path, const Bytes& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

void write_gzip(const fs::path& path, const Bytes& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

// `records` records with label i % 10 and a ramp of pixels.
Bytes cifar_records(int records, int label_bytes = 1) {
  Bytes bytes;
  for (int i = 0; i < records; ++i) {
    for (int j = 0; j < label_bytes; ++j) bytes.push_back(static_cast<uint8_t>(i % 10));
    for (int j = 0; j < 3072; ++j) bytes.push_back(static_cast<uint8_t>(i + j / 1024 * 50 + j % 7));
  }
  return bytes;
}

void write_cifar(const fs::path& folder) {
  for (int i = 1; i <= 5; ++i)
    write(folder / fmt::format("data_batch_{}.bin", i), cifar_records(4));
  write(folder / "test_batch.bin", cifar_records(3));
}

Bytes idx(uint32_t magic, std::vector<uint32_t> extents, const Bytes& data) {
  Bytes bytes;
  extents.insert(extents.begin(), magic);
  for (uint32_t value : extents)
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<uint8_t>(value >> shift));
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

void write_idx(const fs::path& folder) {
  fs::create_directories(folder);
  for (const std::string split : {"train", "t10k"}) {
    write_gzip(folder / (split + "-images-idx3-ubyte.gz"), idx(0x803, {2, 2, 3}, Bytes(12, 77)));
    write(folder / (split + "-labels-idx1-ubyte"), idx(0x801, {2}, {3, 9}));
  }
}

void write_jpeg(const fs::path& path, int height, int width, int components, int quality = 95) {
  fs::create_directories(path.parent_path());
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  FILE* file = std::fopen(path.c_str(), "wb");
  jpeg_stdio_dest(&info, file);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = components;
  info.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  Bytes row(static_cast<size_t>(width) * components);
  for (int x = 0; x < width; ++x)
    for (int c = 0; c < components; ++c)
      row[x * components + c] = static_cast<uint8_t>(60 + 70 * c);
  for (int y = 0; y < height; ++y) {
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::fclose(file);
}

}  // namespace

TEST_CASE("CIFAR-10: planes become interleaved pixels, batches follow one another") {
  const ScratchFolder folder;
  write_cifar(folder.path());
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->name() == "CIFAR-10");
  CHECK(data.train->size() == 20);
  CHECK(data.test->size() == 3);
  CHECK(data.train->label(5) == 1);
  const Image image = data.train->image(5);
  CHECK(image.pixels[3 * 10] == 1 + 10 % 7);
  CHECK(image.pixels[3 * 10 + 2] == 1 + 100 + (2048 + 10) % 7);
  CHECK(data.train->fingerprint() != data.test->fingerprint());
}

TEST_CASE("CIFAR-100: the second label byte counts") {
  const ScratchFolder folder;
  Bytes records = cifar_records(2, 2);
  records[0] = 1, records[1] = 99;
  write(folder / "train.bin", records);
  write(folder / "test.bin", records);
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->num_classes() == 100);
  CHECK(data.train->label(0) == 99);
}

TEST_CASE("damaged CIFAR files give one line that names the file and the record") {
  const ScratchFolder folder;
  write_cifar(folder.path());
  auto open = [&] { open_dataset(folder.path()); };
  Bytes records = cifar_records(4);
  records.pop_back();
  write(folder / "data_batch_3.bin", records);
  CHECK_THROWS_WITH_AS(
      open(), doctest::Contains("data_batch_3.bin: 12291 bytes; a multiple of 3073"), Error);
  records = cifar_records(4);
  records[2 * 3073] = 10;
  write(folder / "data_batch_3.bin", records);
  CHECK_THROWS_WITH_AS(open(), doctest::Contains("data_batch_3.bin: record 2 has label 10; 0 to 9"),
                       Error);
  fs::remove(folder / "data_batch_3.bin");
  CHECK_THROWS_WITH_AS(open(), doctest::Contains("data_batch_3.bin: cannot open: No such file"),
                       Error);
  write(folder / "data_batch_3.bin", {});
  CHECK_THROWS_AS(open(), Error);
}

TEST_CASE("IDX: plain and gzipped, grey becomes three channels") {
  const ScratchFolder folder;
  write_idx(folder.path());
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->size() == 2);
  CHECK(data.train->label(1) == 9);
  const Image image = data.train->image(1);
  CHECK(image.height == 2);
  CHECK(image.width == 3);
  for (int i = 0; i < 18; ++i) CHECK(image.pixels[i] == 77);
}

TEST_CASE("damaged IDX files give one line") {
  const ScratchFolder folder;
  auto message = [&](const std::string& name, const Bytes& bytes, const char* expected) {
    write_idx(folder.path());
    fs::remove(folder / (name + ".gz"));
    write(folder / name, bytes);
    CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains(expected), Error);
    fs::remove(folder / name);
  };
  message("train-images-idx3-ubyte", idx(0x801, {2, 2, 3}, Bytes(12)), "no IDX header");
  message("train-images-idx3-ubyte", {0, 0}, "no IDX header");
  message("train-images-idx3-ubyte", idx(0x803, {2, 2, 3}, Bytes(11)),
          "11 bytes of pixels; 2 images of 2x3");
  message("train-images-idx3-ubyte", idx(0x803, {0xffffffff, 0xffffffff, 0xffffffff}, Bytes(12)),
          "damaged");
  message("train-images-idx3-ubyte", idx(0x803, {3, 2, 2}, Bytes(12)), "2 labels");
  message("train-labels-idx1-ubyte", idx(0x801, {2}, {3, 10}), "record 1 has label 10");
  message("train-labels-idx1-ubyte", idx(0x801, {3}, {3, 1}), "must agree");
  write_idx(folder.path());
  fs::resize_file(folder / "train-images-idx3-ubyte.gz", 20);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("truncated"), Error);
}

TEST_CASE("class folders of JPEGs: grey and colour, any size, sorted names") {
  const ScratchFolder folder;
  for (const std::string split : {"train", "val"}) {
    write_jpeg(folder / (split + "/owl/b.jpg"), 17, 33, 3);
    write_jpeg(folder / (split + "/owl/a.JPEG"), 8, 5, 1);
    write_jpeg(folder / (split + "/cat/x.jpeg"), 1, 1, 3);
    write(folder / (split + "/cat/notes.txt"), {1});
  }
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->class_names() == std::vector<std::string>{"cat", "owl"});
  CHECK(data.train->size() == 3);
  CHECK(data.train->label(1) == 1);
  const Image grey = data.train->image(1), color = data.train->image(2);
  CHECK(grey.height == 8);
  CHECK(grey.width == 5);
  CHECK(grey.pixels[0] == grey.pixels[2]);
  CHECK(color.width == 33);
  for (int c = 0; c < 3; ++c) CHECK(std::abs(color.pixels[c] - (60 + 70 * c)) <= 2);  // quality 95
}

TEST_CASE("JPEGs that cannot be used give one line that names the file") {
  const ScratchFolder folder;
  const fs::path path = folder / "x.jpg";
  write(path, {});
  CHECK_THROWS_WITH_AS(read_jpeg(path), doctest::Contains("x.jpg: empty"), Error);
  write(path, Bytes(100, 7));
  CHECK_THROWS_WITH_AS(read_jpeg(path), doctest::Contains("x.jpg: Not a JPEG"), Error);
  write_jpeg(path, 20, 20, 4);
  CHECK_THROWS_WITH_AS(read_jpeg(path), doctest::Contains("CMYK"), Error);
  write_jpeg(path, 200, 200, 3);
  const auto whole = fs::file_size(path);
  for (uintmax_t length = 2; length < whole; length += whole / 40 + 1) {
    fs::resize_file(path, length);
    CHECK_THROWS_AS(read_jpeg(path), Error);
    write_jpeg(path, 200, 200, 3);
  }
}

TEST_CASE("a folder of another kind, and an incomplete one, say what is needed") {
  const ScratchFolder folder;
  CHECK_THROWS_WITH_AS(open_dataset(folder / "nowhere"), doctest::Contains("no such folder"),
                       Error);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("no data set here"), Error);
  fs::create_directories(folder / "train/cat");
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("without val/ or test/"),
                       Error);
  fs::create_directories(folder / "val/cat");
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("no JPEGs"), Error);
}

TEST_CASE("a subset keeps the classes balanced") {
  const ScratchFolder folder;
  write_cifar(folder.path());
  const TrainTest data = open_dataset(folder.path());  // labels 0 1 2 3, five times
  const auto part = subset(data.train, 8);
  int counts[4] = {};
  for (int64_t i = 0; i < part->size(); ++i) ++counts[part->label(i)];
  for (int count : counts) CHECK(count == 2);
  CHECK(part->fingerprint() != data.train->fingerprint());
  CHECK_THROWS_AS(subset(data.train, 21), Error);
}

TEST_CASE("find_dataset: the flag, then the variable") {
  setenv("SIMSIAM_DATA", "/somewhere", 1);
  CHECK(find_dataset(fs::path("/flag")) == "/flag");
  CHECK(find_dataset({}) == "/somewhere");
  unsetenv("SIMSIAM_DATA");
}

}  // namespace siam
