#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"
#include "tensor/check.h"
#include "tests/data/files.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

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
  write(folder / "test_batch.bin", cifar_records(4));
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

}  // namespace

TEST_CASE("CIFAR-10: planes become interleaved pixels, batches follow one another") {
  const ScratchFolder folder;
  write_cifar(folder.path());
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->name() == "CIFAR-10");
  CHECK(data.train->size() == 20);
  CHECK(data.test->size() == 4);
  CHECK(data.train->label(5) == 1);
  const Image image = data.train->image(5);
  CHECK(image.pixels[3 * 10] == 1 + 10 % 7);
  CHECK(image.pixels[3 * 10 + 2] == 1 + 100 + (2048 + 10) % 7);
  CHECK(data.train->fingerprint() != data.test->fingerprint());
}

TEST_CASE("CIFAR-100: the second label byte counts") {
  const ScratchFolder folder;
  Bytes records = cifar_records(5, 2);
  records[0] = 1, records[1] = 99;
  write(folder / "train.bin", records);
  write(folder / "test.bin", cifar_records(1, 2));
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

TEST_CASE("a CIFAR file that was cut between records, or is too long, is an error") {
  const ScratchFolder folder;
  for (const std::string name : {"data_batch_1.bin", "data_batch_5.bin", "test_batch.bin"}) {
    write_cifar(folder.path());
    write(folder / name, cifar_records(3));
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("one of the two"), Error);
  }
  write_cifar(folder.path());
  // A sparse file of a terabyte: nothing of it is read.
  fs::resize_file(folder / "test_batch.bin", uintmax_t{1} << 40);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("at most 30730000"), Error);
  const ScratchFolder other;
  write(other / "train.bin", cifar_records(9, 2));
  write(other / "test.bin", cifar_records(2, 2));
  CHECK_THROWS_WITH_AS(open_dataset(other.path()), doctest::Contains("train.bin: 9 records"),
                       Error);
}

TEST_CASE("IDX: plain and gzipped, grey becomes three channels") {
  const ScratchFolder folder;
  write_idx(folder.path());
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->size() == 2);
  CHECK(data.train->label(1) == 1);
  CHECK(data.train->class_names() == std::vector<std::string>{"3", "9"});
  const Image image = data.train->image(1);
  CHECK(image.height == 2);
  CHECK(image.width == 3);
  for (int i = 0; i < 18; ++i) CHECK(image.pixels[i] == 77);
}

TEST_CASE("damaged IDX files give one line") {
  const ScratchFolder folder;
  auto message = [&](const std::string& name, const Bytes& bytes, const char* expected) {
    for (const bool gzip : {false, true}) {
      write_idx(folder.path());
      fs::remove(folder / (name + ".gz"));
      if (gzip)
        write_gzip(folder / (name + ".gz"), bytes), fs::remove(folder / name);
      else
        write(folder / name, bytes);
      CAPTURE(gzip);
      CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains(expected), Error);
      fs::remove(folder / name);
      fs::remove(folder / (name + ".gz"));
    }
  };
  message("train-images-idx3-ubyte", idx(0x801, {2, 2, 3}, Bytes(12)), "no IDX header");
  message("train-images-idx3-ubyte", {0, 0}, "no IDX header");
  message("train-images-idx3-ubyte", idx(0x803, {2, 2, 3}, Bytes(11)), "2 images of 2x3");
  message("train-images-idx3-ubyte", idx(0x803, {2, 2, 3}, Bytes(13)), "2 images of 2x3");
  message("train-images-idx3-ubyte", idx(0x803, {0xffffffff, 0xffffffff, 0xffffffff}, Bytes(12)),
          "damaged");
  message("train-images-idx3-ubyte", idx(0x803, {0xffffffff, 4096, 4096}, Bytes(12)),
          "4294967295 images of 4096x4096 are needed");
  message("train-images-idx3-ubyte", idx(0x803, {3, 2, 2}, Bytes(12)), "2 labels");
  message("train-images-idx3-ubyte", idx(0x803, {0, 2, 2}, {}), "at least one");
  message("train-labels-idx1-ubyte", idx(0x801, {3}, {3, 1}), "must agree");
  message("train-labels-idx1-ubyte", idx(0x801, {2}, {3}), "2 labels are needed");
  message("train-labels-idx1-ubyte", idx(0x801, {2}, {3, 9, 9}), "2 labels are needed");
  message("t10k-labels-idx1-ubyte", idx(0x801, {2}, {3, 10}), "record 1 has label 10");
  write_idx(folder.path());
  fs::resize_file(folder / "train-images-idx3-ubyte.gz", 20);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("truncated"), Error);
}

// 64 MiB of zeros after labels for two images, in 64 KiB: they are neither read nor kept.
TEST_CASE("a gzip bomb is an error once it holds more than its header says") {
  const ScratchFolder folder;
  write_idx(folder.path());
  fs::remove(folder / "train-labels-idx1-ubyte");
  Bytes labels = idx(0x801, {2}, {3, 9});
  labels.resize(64 << 20);
  write_gzip(folder / "train-labels-idx1-ubyte.gz", labels);
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("2 labels are needed"),
                       Error);
  getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 16 << 10);  // KiB
  // A sparse file as large as this machine's memory.
  const auto pages = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE) >> 24;
  fs::remove(folder / "train-images-idx3-ubyte.gz");
  const fs::path large = folder / "train-images-idx3-ubyte";
  write(large, idx(0x803, {static_cast<uint32_t>(pages), 4096, 4096}, {}));
  fs::resize_file(large, 16 + (pages << 24));
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("this machine has"), Error);
  fs::remove(large);
  // More images than a file of that size can hold.
  write_gzip(folder / "train-images-idx3-ubyte.gz", idx(0x803, {1000, 28, 28}, Bytes(12)));
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("1000 images of 28x28"),
                       Error);
}

TEST_CASE("IDX classes are the labels of the training images: EMNIST's letters are 1 to 26") {
  const ScratchFolder folder;
  Bytes labels;
  for (uint8_t label = 26; label >= 1; --label) labels.push_back(label);
  const auto write_split = [&](const std::string& name, const Bytes& of) {
    const auto count = static_cast<uint32_t>(of.size());
    write_gzip(folder / (name + "-images-idx3-ubyte.gz"),
               idx(0x803, {count, 2, 2}, Bytes(count * 4)));
    write_gzip(folder / (name + "-labels-idx1-ubyte.gz"), idx(0x801, {count}, of));
  };
  write_split("emnist-letters-train", labels);
  write_split("emnist-letters-test", {1, 26});
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->name() == "emnist-letters");
  CHECK(data.train->num_classes() == 26);
  CHECK(data.train->class_names()[25] == "26");
  CHECK(data.train->label(0) == 25);
  CHECK(data.train->contents() == "26 images in 26 classes");
  CHECK(data.test->label(0) == 0);
  CHECK(data.test->num_classes() == 26);
  write_split("emnist-letters-test", {0});
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("record 0 has label 0"),
                       Error);
  write_split("emnist-digits-train", {0});
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()),
                       doctest::Contains("emnist-digits-... and emnist-letters-..."), Error);
}

TEST_CASE("data files that are pipes or devices are errors, not endless") {
  const ScratchFolder folder;
  write_cifar(folder.path());
  fs::remove(folder / "data_batch_2.bin");
  REQUIRE(mkfifo((folder / "data_batch_2.bin").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("not a regular file"), Error);
  const ScratchFolder other;
  write_idx(other.path());
  fs::remove(other / "t10k-labels-idx1-ubyte");
  fs::create_symlink("/dev/zero", other / "t10k-labels-idx1-ubyte");
  CHECK_THROWS_WITH_AS(open_dataset(other.path()), doctest::Contains("not a regular file"), Error);
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
