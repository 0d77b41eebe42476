// Images that cannot be read: what replaces them, how often that is reported, and when there are
// too many.

#include "data/tolerant.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "data/loader.h"
#include "tests/data/files.h"
#include "tests/same_bits.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// 20 images in two classes, each with its own grey level.
void write_folder(const fs::path& folder) {
  for (int i = 0; i < 20; ++i)
    write(folder / fmt::format("{}/{:02}.jpg", i < 10 ? "cat" : "owl", i),
          jpeg_bytes(8, 8, 3, [i](int, int, int) { return 10 * i; }));
}

int grey(const Image& image) { return (image.pixels[0] + 5) / 10; }

void damage(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

AugmentConfig small() {
  AugmentConfig config;
  config.size = 8;
  return config;
}

}  // namespace

TEST_CASE("the next image of the class takes the place of one that cannot be read") {
  const ScratchFolder folder;
  write_folder(folder.path());
  std::vector<std::string> said;
  const auto data = tolerant(open_all_images(folder.path()),
                             {0.5, [&](const std::string& text) { said.push_back(text); }});
  REQUIRE(data->size() == 20);
  CHECK(grey(data->image(3)) == 3);
  damage(folder / "cat/03.jpg");
  CHECK(grey(data->image(3)) == 4);
  fs::remove(folder / "cat/04.jpg");
  CHECK(grey(data->image(3)) == 5);
  CHECK(grey(data->image(4)) == 5);
  write(folder / "cat/09.jpg", {});
  CHECK(grey(data->image(9)) == 0);  // wraps to the beginning of its class
  CHECK(data->label(9) == 0);
  write(folder / "owl/19.jpg", Bytes(100, 7));
  CHECK(grey(data->image(19)) == 10);
  CHECK(grey(data->image(3)) == 5);
  REQUIRE(said.size() == 4);  // each once
  CHECK(said[0].find("cat/03.jpg: ") != std::string::npos);
  CHECK(said[0].ends_with("; a neighbour takes its place (1 of 20 images so far)"));
  CHECK(said[1].find("cat/04.jpg: cannot open: No such file") != std::string::npos);
  CHECK(said[2].find("cat/09.jpg: empty;") != std::string::npos);
  CHECK(said[3].find("owl/19.jpg: of no known kind; ") != std::string::npos);
  const std::vector<BadFile> bad = data->bad();
  REQUIRE(bad.size() == 4);
  CHECK(bad[0].index == 3);
  CHECK(bad[1].path == "cat/04.jpg");
  CHECK(bad[3].reason.ends_with("owl/19.jpg: of no known kind"));
}

TEST_CASE("where a class has no image left another one's is taken") {
  const ScratchFolder folder;
  write_folder(folder.path());
  const auto data = tolerant(open_all_images(folder.path()), {1.0, {}});
  for (int i = 10; i < 20; ++i) fs::remove(folder / fmt::format("owl/{}.jpg", i));
  CHECK(grey(data->image(13)) == 0);
  CHECK(data->label(13) == 1);
  CHECK(data->bad().size() == 10);
  for (int i = 0; i < 10; ++i) fs::remove(folder / fmt::format("cat/0{}.jpg", i));
  CHECK_THROWS_WITH_AS(data->image(13), doctest::Contains("no image can be read: "),
                       TooManyBadFiles);
}

TEST_CASE("as many bad files as the fraction says are tolerated, and no more") {
  for (int64_t bad = 0; bad < 100; ++bad) {
    const double fraction = std::stod(fmt::format("0.{:02}", bad));
    INFO(bad, " of 100, ", fraction);
    CHECK(tolerated(bad, 100, fraction));
    CHECK_FALSE(tolerated(bad + 1, 100, fraction));
  }
  CHECK(tolerated(0, 0, 0));
}

TEST_CASE("more than the fraction is an error with the list") {
  const ScratchFolder folder;
  write_folder(folder.path());
  const auto data = tolerant(open_all_images(folder.path()), {0.1, {}});
  damage(folder / "cat/00.jpg");
  damage(folder / "cat/05.jpg");
  CHECK(grey(data->image(0)) == 1);
  CHECK(grey(data->image(5)) == 6);
  fs::remove(folder / "owl/15.jpg");
  const auto check_fails = [&](const char* expected) {
    CHECK_THROWS_WITH_AS(data->image(15), doctest::Contains(expected), TooManyBadFiles);
  };
  check_fails("3 of 20 images cannot be read: ");
  for (const char* part : {"cat/00.jpg: ", "cat/05.jpg: ", "owl/15.jpg: cannot open",
                           "at most 0.1 of all is allowed", "raise --max-bad-fraction"})
    check_fails(part);
  const auto strict = tolerant(open_all_images(folder.path()), {0, {}});
  CHECK_THROWS_AS(strict->image(0), TooManyBadFiles);
  CHECK(grey(strict->image(1)) == 1);
}

TEST_CASE("bad files change nothing but their own place, with any workers") {
  const ScratchFolder folder;
  write_folder(folder.path());
  const auto whole = open_all_images(folder.path());
  damage(folder / "cat/02.jpg");
  damage(folder / "cat/03.jpg");
  fs::remove(folder / "owl/19.jpg");
  std::vector<Batch> expected;
  for (const int workers : {0, 1, 2, 5}) {
    CAPTURE(workers);
    std::atomic<int> said = 0;
    const auto data = tolerant(whole, {0.2, [&](const std::string&) { ++said; }});
    Loader loader(data, small(), {.batch_size = 5, .seed = 1, .workers = workers});
    for (const int epoch : {0, 1}) {
      loader.start_epoch(epoch);
      for (int i = 0; i < 4; ++i) {
        const Batch batch = loader.next();
        if (workers == 0) {
          expected.push_back(batch);
          continue;
        }
        const Batch& same = expected[epoch * 4 + i];
        CHECK(batch.samples == same.samples);
        CHECK(same_bits(batch.images, same.images));
      }
    }
    CHECK(said == 3);
  }
}

TEST_CASE("test images of bad files are their neighbours', on all threads") {
  const ScratchFolder folder;
  write_folder(folder.path());
  const auto data = tolerant(open_all_images(folder.path()), {0.1, {}});
  damage(folder / "cat/07.jpg");
  const Tensor images = test_images(*data, small(), Device::cpu, DType::f32)(0, 20);
  CHECK(same_bits(images.rows(7, 8), images.rows(8, 9)));
  CHECK_FALSE(same_bits(images.rows(6, 7), images.rows(8, 9)));
}

}  // namespace siam
