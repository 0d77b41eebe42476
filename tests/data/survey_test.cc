#include "data/survey.h"

#include <doctest/doctest.h>

#include "data/image_file.h"
#include "tests/data/files.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

const fs::path kImages = SIAM_SOURCE_DIR "/tests/golden/images";

std::string text(const std::vector<SurveyedFile>& files) {
  std::string all;
  for (const auto& [path, note] : files)
    all += fmt::format("{}{}{}", all.empty() ? "" : ", ", path, note.empty() ? "" : " " + note);
  return all;
}

}  // namespace

TEST_CASE("a survey counts and names what a run would meet") {
  const ScratchFolder folder;
  for (const char* name : {"grey.jpg", "cmyk.jpg", "orientation_3.jpg", "png_named.JPEG"}) {
    fs::create_directories(folder / "a");
    fs::copy_file(kImages / name, folder / "a" / name);
  }
  write_jpeg(folder / "b/large.jpg", 40, 60);
  write_jpeg(folder / "b/other.jpg", 90, 50);
  fs::copy_file(folder / "b/large.jpg", folder / "b/twin.jpg");
  write_jpeg(folder / "b/cut.jpg", 64, 64);
  fs::resize_file(folder / "b/cut.jpg", fs::file_size(folder / "b/cut.jpg") - 30);
  write(folder / "b/empty.jpg", {});
  write(folder / "b/noise.png", Bytes(100, 7));
  write(folder / "b/x.gif", {'G', 'I', 'F', '8', '9', 'a'});
  std::vector<double> shares;
  const auto images = open_all_images(folder.path());
  const Survey seen =
      survey(folder.path(), *images, [&](double share) { shares.push_back(share); });
  CHECK(seen.images == 10);
  CHECK(seen.readable() == 7);
  CHECK(seen.formats == std::map<std::string, int64_t>{{"JPEG", 6}, {"PNG", 1}});
  CHECK(seen.by_class == std::map<std::string, int64_t>{{"a", 4}, {"b", 6}});
  CHECK(seen.sizes.front() == std::pair(28, 20));
  CHECK(seen.sizes.back() == std::pair(50, 90));
  CHECK(text(seen.unreadable) == "b/empty.jpg empty, b/noise.png of no known kind");
  CHECK(text(seen.truncated) == "b/cut.jpg Premature end of JPEG file");
  CHECK(text(seen.grey) == "a/grey.jpg");
  CHECK(text(seen.cmyk) == "a/cmyk.jpg");
  CHECK(text(seen.rotated) == "a/orientation_3.jpg orientation 3");
  CHECK(text(seen.tiny) ==
        "a/cmyk.jpg 28x20, a/grey.jpg 28x20, a/orientation_3.jpg 28x20, a/png_named.JPEG 28x20");
  CHECK(text(seen.duplicates) == "b/twin.jpg b/large.jpg");
  REQUIRE(seen.unused.kinds().size() == 1);
  CHECK(seen.unused.kinds().begin()->first == "GIF images");
  CHECK(shares == std::vector<double>{1});
}

TEST_CASE("a file that vanishes while a survey goes on is unreadable") {
  const ScratchFolder folder;
  write_jpeg(folder / "a.jpg", 40, 40);
  write_jpeg(folder / "b.jpg", 40, 41);
  const auto images = open_all_images(folder.path());
  fs::remove(folder / "a.jpg");
  const Survey seen = survey(folder.path(), *images);
  CHECK(text(seen.unreadable) == "a.jpg cannot open: No such file or directory");
  CHECK(seen.readable() == 1);
  CHECK(seen.by_class.empty());
}

// Every kind of truncated file is reported as such.
TEST_CASE("truncated files are told from damaged ones") {
  const ScratchFolder folder;
  std::vector<std::string> names = {"progressive.jpg", "rgba.png"};
  if (reads_webp()) names.push_back("lossy.webp");
  for (const std::string& name : names) {
    fs::copy_file(kImages / name, folder / name);
    fs::resize_file(folder / name, fs::file_size(folder / name) / 2);
  }
  const Survey seen = survey(folder.path(), *open_all_images(folder.path()));
  CHECK(seen.truncated.size() == names.size());
  CHECK(seen.readable() == 0);
}

}  // namespace siam
