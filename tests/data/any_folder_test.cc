// Any folder of images as a data set: labelled by its folders or not, with parts or without.

#include <doctest/doctest.h>

#include <climits>
#include <set>

#include "data/dataset.h"
#include "tensor/check.h"
#include "tensor/io/atomic_file.h"
#include "tests/data/files.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;
using Names = std::vector<std::string>;

void write_all(const ScratchFolder& folder, const Paths& paths) {
  for (const std::string& path : paths) write_jpeg(folder / path, 8, 8);
}

Paths paths_of(const Dataset& data) {
  Paths paths;
  for (int64_t i = 0; i < data.size(); ++i) paths.push_back(data.path(i));
  return paths;
}

bool unlabelled(const Dataset& data) {
  for (int64_t i = 0; i < data.size(); ++i)
    if (data.label(i) != -1) return false;
  return !data.labelled() && data.num_classes() == 0 &&
         data.contents().find(" images without labels") != std::string::npos;
}

Paths numbered(const std::string& folder, int count) {
  Paths paths;
  for (int i = 0; i < count; ++i) paths.push_back(fmt::format("{}{:02}.jpg", folder, i));
  return paths;
}

}  // namespace

TEST_CASE("parts by class are what they are to a study") {
  const ScratchFolder folder;
  write_all(folder, {"train/cat/a.jpg", "train/owl/b.jpg", "val/cat/c.jpg", "val/owl/d.jpg"});
  const TrainTest any = open_images(folder.path()), strict = open_dataset(folder.path());
  for (const auto& [a, b] : {std::pair{any.train, strict.train}, {any.test, strict.test}}) {
    CHECK(a->fingerprint() == b->fingerprint());
    CHECK(a->class_names() == b->class_names());
    CHECK(a->name() == b->name());
    CHECK(paths_of(*a) == paths_of(*b));
    for (int64_t i = 0; i < a->size(); ++i) CHECK(a->label(i) == b->label(i));
  }
  CHECK(paths_of(*any.train) == Paths{"train/cat/a.jpg", "train/owl/b.jpg"});
}

TEST_CASE("a flat folder has no labels, and a tenth of it is held out") {
  const ScratchFolder folder;
  const Paths all = numbered("", 40);
  write_all(folder, all);
  const TrainTest data = open_images(folder.path());
  CHECK(data.train->size() == 36);
  CHECK(data.test->size() == 4);
  CHECK(unlabelled(*data.train));
  CHECK(unlabelled(*data.test));
  const Paths train = paths_of(*data.train), test = paths_of(*data.test);
  CHECK(std::is_sorted(train.begin(), train.end()));
  std::set<std::string> both(train.begin(), train.end());
  both.insert(test.begin(), test.end());
  CHECK(both == std::set<std::string>(all.begin(), all.end()));
  CHECK(data.train->image(0).width == 8);
  // What is passed over is said once, not of both parts.
  write_file_atomically(folder / "notes.txt", "no image");
  const TrainTest with_notes = open_images(folder.path());
  CHECK_FALSE(with_notes.train->unused_files().text().empty());
  CHECK(with_notes.test->unused_files().text().empty());
  // Adding an image moves at most one other.
  write_all(folder, {"more.jpg"});
  const Paths after = paths_of(*open_images(folder.path()).test);
  int stayed = 0;
  for (const std::string& path : after) stayed += std::count(test.begin(), test.end(), path) == 1;
  CHECK(stayed >= 3);
  CHECK_THROWS_WITH_AS(open_dataset(folder.path()), doctest::Contains("use `simsiam pretrain`"),
                       Error);
}

TEST_CASE("folders of the first level are classes, whatever is deeper") {
  const ScratchFolder folder;
  write_all(folder, numbered("owl/", 12));
  write_all(folder, numbered("cat/deep/er/", 8));
  const TrainTest data = open_images(folder.path());
  CHECK(data.train->class_names() == Names{"cat", "owl"});
  CHECK(data.train->size() == 18);
  const auto all = open_all_images(folder.path());
  CHECK(all->size() == 20);
  CHECK(all->path(0) == "cat/deep/er/00.jpg");
  CHECK(all->label(0) == 0);
  CHECK(all->label(19) == 1);
  CHECK(all->contents() == "20 images in 2 classes");
}

TEST_CASE("one folder, or an image outside of all, and there are no labels") {
  const ScratchFolder folder;
  write_all(folder, numbered("only/", 4));
  CHECK(unlabelled(*open_images(folder.path()).train));
  CHECK(open_images(folder.path()).train->why_unlabelled().empty());
  write(folder / "notes.txt", {1});
  CHECK(open_images(folder.path()).train->why_unlabelled() == "only is the only class folder");
  fs::remove(folder / "notes.txt");
  write_all(folder, numbered("other/", 4));
  CHECK(open_images(folder.path()).train->num_classes() == 2);
  write_all(folder, {"stray.jpg"});
  CHECK(unlabelled(*open_images(folder.path()).train));
  CHECK(unlabelled(*open_all_images(folder.path())));
  // The cause is named.
  const std::string one = "9 images without labels: stray.jpg is outside the class folders";
  CHECK(open_all_images(folder.path())->contents() == one);
  CHECK(subset(open_all_images(folder.path()), 5)->contents() == "5 of " + one);
  write_all(folder, numbered("", 2));
  CHECK(open_images(folder.path()).test->why_unlabelled() ==
        "00.jpg and 2 more are outside the class folders");
}

TEST_CASE("train/ without val/, with files in it or with classes") {
  const ScratchFolder folder;
  write_all(folder, numbered("train/", 10));
  TrainTest data = open_images(folder.path());
  CHECK(data.train->size() == 9);
  CHECK(unlabelled(*data.train));
  CHECK(data.train->path(0).string().starts_with("train/"));
  fs::remove_all(folder / "train");
  write_all(folder, numbered("train/a/", 10));
  write_all(folder, numbered("train/b/", 10));
  data = open_images(folder.path());
  CHECK(data.train->class_names() == Names{"a", "b"});
  CHECK(data.train->size() == 18);
  // With another folder beside it, train/ is a class, as of locomotives.
  write_all(folder, numbered("bus/", 10));
  CHECK(open_images(folder.path()).train->class_names() == Names{"bus", "train"});
}

TEST_CASE("what an archive unpacks to: a folder that holds one folder stands for it") {
  const ScratchFolder folder;
  write_all(folder, numbered("photos/2024/cat/", 10));
  write_all(folder, numbered("photos/2024/owl/", 10));
  TrainTest data = open_images(folder.path());
  CHECK(data.train->class_names() == Names{"cat", "owl"});
  CHECK(data.train->path(0).string().starts_with("photos/2024/cat/"));
  CHECK(open_all_images(folder.path())->num_classes() == 2);
  CHECK(data.train->fingerprint() == open_images(folder / "photos/2024").train->fingerprint());
  fs::remove_all(folder / "photos");
  write_all(folder, {"nette/train/a/1.jpg", "nette/train/b/2.jpg", "nette/val/a/3.jpg"});
  write_all(folder, {"nette/.cache/4.jpg", "nette/sample.jpg"});
  data = open_images(folder.path());
  CHECK(paths_of(*data.train) == Paths{"nette/train/a/1.jpg", "nette/train/b/2.jpg"});
  CHECK(paths_of(*data.test) == Paths{"nette/val/a/3.jpg"});
  CHECK(data.train->contents().find("beside the parts (1: ") != std::string::npos);
  CHECK(data.test->labelled());
}

TEST_CASE("a folder that cannot be listed is passed over, and named") {
  const ScratchFolder folder;
  write_all(folder, {"cat/1.jpg", "closed/2.jpg", "owl/3.jpg"});
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder / "closed", fs::perms::none);
  const Nobody nobody;  // since root may list all folders
  const auto all = open_all_images(folder.path());
  CHECK(paths_of(*all) == Paths{"cat/1.jpg", "owl/3.jpg"});
  CHECK(all->contents().find("folders that cannot be listed (Permission denied) (1: " +
                             (folder / "closed").string() + ")") != std::string::npos);
  CHECK_THROWS_AS(open_all_images(folder / "closed"), fs::filesystem_error);
}

TEST_CASE("a test set is used, its labels only if its classes are known") {
  const ScratchFolder folder;
  write_all(folder, {"train/a/1.jpg", "train/b/2.jpg", "train/c/3.jpg", "test/c/4.jpg"});
  write_all(folder, {"extra/5.jpg"});
  TrainTest data = open_images(folder.path());
  CHECK(data.train->contents().find("beside the parts (1: ") != std::string::npos);
  CHECK(data.test->class_names() == Names{"a", "b", "c"});
  CHECK(data.test->label(0) == 2);
  const auto all = open_all_images(folder.path());
  CHECK(paths_of(*all) == Paths{"test/c/4.jpg", "train/a/1.jpg", "train/b/2.jpg", "train/c/3.jpg"});
  CHECK(all->label(0) == 2);
  CHECK(all->label(3) == 2);
  write_all(folder, {"test/d/6.jpg"});
  data = open_images(folder.path());
  CHECK(unlabelled(*data.train));
  CHECK(unlabelled(*data.test));
  CHECK(data.test->size() == 2);
  CHECK(data.train->why_unlabelled() == "test/ has classes that train/ lacks: d");
  fs::remove_all(folder / "test/d");
  write_all(folder, {"test/7.jpg"});
  for (const auto& part : {open_images(folder.path()).train, open_all_images(folder.path())})
    CHECK(part->why_unlabelled() == "test/7.jpg is outside the class folders");
  fs::remove_all(folder / "test");
  fs::create_directory(folder / "test");
  CHECK(open_all_images(folder.path())->class_names() == Names{"a", "b", "c"});
}

TEST_CASE("subsets without labels are spread over the data set and keep paths") {
  const ScratchFolder folder;
  write_all(folder, numbered("", 10));
  const auto all = open_all_images(folder.path());
  CHECK(paths_of(*subset(all, 3)) == Paths{"00.jpg", "03.jpg", "06.jpg"});
  CHECK(unlabelled(*subset(all, 3)));
}

TEST_CASE("links to folders outside are followed, once") {
  const ScratchFolder folder, elsewhere;
  write_all(elsewhere, {"birds/1.jpg", "birds/2.jpg"});
  write_all(folder, {"cat/1.jpg"});
  fs::create_directory_symlink(elsewhere / "birds", folder / "owl");
  fs::create_directory_symlink(folder / "cat", folder / "again");
  fs::create_directory_symlink(folder.path(), elsewhere / "birds/back");
  const auto all = open_all_images(folder.path());
  CHECK(paths_of(*all) == Paths{"cat/1.jpg", "owl/1.jpg", "owl/2.jpg"});
  CHECK(all->contents().find("links to folders (2: ") != std::string::npos);
  CHECK(all->image(2).width == 8);
}

TEST_CASE("what is neither a file nor a folder is named as what it is") {
  const ScratchFolder folder;
  write_all(folder, numbered("", 3));
  fs::create_symlink("/dev/zero", folder / "zero.jpg");
  fs::create_symlink("nowhere", folder / "dangling.jpg");
  fs::create_symlink("loop.jpg", folder / "loop.jpg");
  write(folder / "a.avif", {0, 0, 0, 0, 'f', 't', 'y', 'p', 'a', 'v', 'i', 'f'});
  write(folder / "b.heic", {0, 0, 0, 0, 'f', 't', 'y', 'p', 'h', 'e', 'i', 'c'});
  const std::string contents = open_all_images(folder.path())->contents();
  CAPTURE(contents);
  CHECK(contents.starts_with("3 images without labels; 5 files not used: "));
  for (const char* part :
       {"AVIF images (1: ", "HEIF images or videos (1: ", "pipes or devices (1: ",
        "links that lead nowhere (1: ",
        "paths that cannot be followed (Too many levels of symbolic links) (1: "})
    CHECK(contents.find(part) != std::string::npos);
}

// Files can be made there, but not be reached by their whole path.
TEST_CASE("a file whose path is too long is not taken for a device") {
  const ScratchFolder folder;
  write_all(folder, {"a.jpg"});
  const std::string name(250, 'd');
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  std::string deepest = folder.path().string();
  while (deepest.size() + name.size() + 1 < PATH_MAX - 1) {
    fs::create_directory(name);
    fs::current_path(name);
    deepest += "/" + name;
  }
  const std::string last(PATH_MAX - deepest.size(), 'f');
  std::ofstream(last).put('x');
  fs::current_path(before);
  const std::string contents = open_all_images(folder.path())->contents();
  CAPTURE(contents);
  CHECK(contents.find("paths that cannot be followed (File name too long) (1: ") !=
        std::string::npos);
  fs::current_path(deepest);
  fs::remove(last);
  fs::current_path(before);
}

TEST_CASE("a folder without images says what was found there") {
  const ScratchFolder folder;
  write(folder / "a.gif", {'G', 'I', 'F', '8', '9', 'a'});
  for (const auto& open : {+[](const fs::path& path) { open_images(path); },
                           +[](const fs::path& path) { open_all_images(path); }})
    CHECK_THROWS_WITH_AS(open(folder.path()),
                         doctest::Contains("0 images; 1 file not used: GIF images (1: "), Error);
  write_all(folder, {"one.jpg"});
  CHECK(open_all_images(folder.path())->size() == 1);
  CHECK_THROWS_WITH_AS(open_images(folder.path()), doctest::Contains(": 1 image; "), Error);
}

TEST_CASE("two images to train on and one to test are the fewest") {
  const ScratchFolder flat, parts;
  write_all(flat, {"1.jpg", "2.jpg"});
  CHECK_THROWS_WITH_AS(open_images(flat.path()),
                       doctest::Contains(": 2 images; 3 or more, each a JPEG, "), Error);
  write_all(flat, {"3.jpg"});
  CHECK(open_images(flat.path()).train->size() == 2);
  write_all(parts, {"train/1.jpg", "val/2.jpg", "val/3.jpg"});
  CHECK_THROWS_WITH_AS(open_images(parts.path()),
                       doctest::Contains("/train: 1 image; 2 or more, each a JPEG, "), Error);
  write_all(parts, {"train/4.jpg"});
  CHECK(open_images(parts.path()).train->size() == 2);
}

}  // namespace siam
