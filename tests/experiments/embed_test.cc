// `simsiam embed`: a row for every image.

#include <cstring>
#include <thread>

#include "tensor/io/safetensors.h"
#include "tests/data/files.h"
#include "tests/experiments/pictures.h"
#include "tests/experiments/trained.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

ProcessResult embed(const std::string& checkpoint, const std::string& folder,
                    std::vector<std::string> more) {
  more.insert(more.begin(), {"embed", checkpoint, folder, "--device", "cpu", "--threads", "1"});
  return simsiam(more);
}

// The content of a .npy of version 1.0, read according to the format.
std::vector<float> npy_values(const fs::path& path, const std::string& shape) {
  const std::string bytes = read_file(path);
  REQUIRE(bytes.size() >= 128);
  CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  uint16_t length = 0;
  std::memcpy(&length, bytes.data() + 8, 2);
  const size_t start = size_t{10} + length;
  CHECK(start % 64 == 0);
  CHECK(bytes.at(start - 1) == '\n');
  CHECK(bytes.substr(10, length)
            .starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }"));
  std::vector<float> values((bytes.size() - start) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + start, bytes.size() - start);
  return values;
}

}  // namespace

TEST_CASE("embed: npy, safetensors and csv hold the same rows, in the order of the paths") {
  const Trained run;
  Pictures pictures;
  pictures.add("b/2.jpg", 2);
  pictures.add("a/deep/down/1.jpg", 1);
  pictures.add("b/with, comma.jpg", 3);
  const std::string folder = pictures.folder.path(), npy = run.out / "features.npy";
  const ProcessResult result = embed(run.checkpoint(), folder, {"--out", npy});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  CHECK(result.output.find(npy + ": 3 rows of 32; ") != std::string::npos);
  CHECK(read_file(run.out / "features.csv") ==
        "row,path,label\n0,a/deep/down/1.jpg,a\n1,b/2.jpg,b\n2,\"b/with, comma.jpg\",b\n");
  const std::vector<float> values = npy_values(npy, "(3, 32)");
  REQUIRE(values.size() == 3 * 32);

  REQUIRE(embed(run.checkpoint(), folder, {"--out", run.out / "f.safetensors"}).status == 0);
  const TensorFile file = load_safetensors(run.out / "f.safetensors");
  REQUIRE(file.at("features").shape() == Shape{3, 32});
  CHECK(std::memcmp(file.at("features").raw(), values.data(), values.size() * 4) == 0);
  CHECK(file.metadata.at("layer") == "backbone");

  REQUIRE(embed(run.checkpoint(), folder, {"--out", run.out / "t.csv"}).status == 0);
  const std::vector<std::string> lines = lines_of(read_file(run.out / "t.csv"));
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].starts_with("row,path,label,f0,f1,"));
  CHECK(lines[2].starts_with(fmt::format("1,b/2.jpg,b,{},{},", values[32], values[33])));

  REQUIRE(embed(run.checkpoint(), folder, {"--out", npy, "--layer", "projection"}).status == 0);
  CHECK(npy_values(npy, "(3, 16)").size() == 3 * 16);
}

TEST_CASE("embed: an image that cannot be read has no row, is counted and named") {
  const Trained run;
  Pictures pictures;
  for (const int i : {1, 2, 3}) pictures.add(fmt::format("{}.jpg", i), i);
  const std::string folder = pictures.folder.path(), npy = run.out / "features.npy";
  REQUIRE(embed(run.checkpoint(), folder, {"--out", npy}).status == 0);
  const std::vector<float> whole = npy_values(npy, "(3, 32)");
  const std::string bytes = encode_jpeg(picture(2), 90);
  pictures.write("2.jpg", bytes.substr(0, bytes.size() / 2));
  for (const char* format : {"npy", "safetensors"}) {
    const std::string out = run.out / fmt::format("less.{}", format);
    const ProcessResult result = embed(run.checkpoint(), folder, {"--out", out});
    CAPTURE(result.output);
    REQUIRE(result.status == 0);
    CHECK(result.output.find("1 of 3 images cannot be read and are left out:") !=
          std::string::npos);
    CHECK(result.output.find((pictures.folder / "2.jpg").string()) != std::string::npos);
  }
  CHECK(read_file(run.out / "less.csv") == "row,path,label\n0,1.jpg,\n1,3.jpg,\n");
  const std::vector<float> seen = npy_values(run.out / "less.npy", "(2, 32)");
  REQUIRE(seen.size() == 64);
  CHECK(std::equal(seen.begin(), seen.begin() + 32, whole.begin()));
  CHECK(std::equal(seen.begin() + 32, seen.end(), whole.begin() + 64));
  const TensorFile file = load_safetensors(run.out / "less.safetensors");
  CHECK(std::memcmp(file.at("features").raw(), seen.data(), 64 * sizeof(float)) == 0);
}

TEST_CASE("embed: records of a data set, in their order") {
  const Trained run;
  const std::string npy = run.out / "features.npy";
  REQUIRE(embed(run.checkpoint(), run.data.path(), {"--out", npy}).status == 0);
  CHECK(npy_values(npy, "(120, 32)").size() == 120 * 32);
  const std::vector<std::string> lines = lines_of(read_file(run.out / "features.csv"));
  REQUIRE(lines.size() == 121);
  CHECK(lines[1] == "0,train/0,airplane");
  CHECK(lines[100] == "99,train/99,truck");
  CHECK(lines[101] == "100,test/0,airplane");
}

TEST_CASE("embed: bad input is one line, and leaves what was there") {
  const Trained run;
  Pictures pictures;
  pictures.add("1.jpg", 1);
  const std::string folder = pictures.folder.path(), npy = run.out / "features.npy",
                    checkpoint = run.checkpoint();
  check_one_error(embed(checkpoint, folder, {"--layer", "head"}), 2, "--layer head");
  check_one_error(embed(checkpoint, folder, {"--format", "xls"}), 2, "--format xls");
  check_one_error(embed(checkpoint, folder, {"--format", "npy", "--out", "a.csv"}), 2, "a.csv");
  check_one_error(embed(checkpoint, folder + "/none", {"--out", npy}), 1, "no such folder");
  check_one_error(embed(folder + "/1.jpg", folder, {"--out", npy}), 1, "1.jpg");
  std::ofstream(npy) << "notes";
  check_one_error(embed(checkpoint, folder, {"--out", npy}), 1, "not a file that this command");
  CHECK(read_file(npy) == "notes");
  std::ofstream(run.out / "names.csv") << "notes";  // where no names are to be written
  CHECK(embed(checkpoint, folder, {"--format", "csv", "--out", run.out / "names.txt"}).status == 0);
  std::ofstream(npy) << "\x93NUMPY, before";
  pictures.write("1.jpg", encode_jpeg(picture(1), 90).substr(0, 300));
  const ProcessResult none = embed(checkpoint, folder, {"--out", npy});
  CHECK(none.status == 1);
  CHECK(none.output.find("error: ") != std::string::npos);
  CHECK(read_file(npy) == "\x93NUMPY, before");
}

TEST_CASE("embed: a signal ends it, and leaves no unfinished files") {
  const Trained run;
  const Pictures pictures;
  const Bytes large = jpeg_bytes(3000, 3000, 3, [](int y, int x, int) { return (x * y) % 251; });
  for (int i = 0; i < 30; ++i) write(pictures.folder / fmt::format("{:02}.jpg", i), large);
  const ScratchFolder out;
  Background program({program_path("SIMSIAM"), "embed", run.checkpoint(), pictures.folder.path(),
                      "--device", "cpu", "--threads", "1", "--out", out / "features.npy"},
                     run.out / "log");
  while (!fs::exists(out / "features.csv.tmp")) std::this_thread::yield();
  program.signal(SIGTERM);
  CHECK(program.wait() == 143);
  CHECK(program.output().find("interrupted: nothing was written\n") != std::string::npos);
  CHECK(out.entries() == 0);
}

}  // namespace siam
