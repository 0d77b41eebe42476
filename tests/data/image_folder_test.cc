// Folders of images: what is used, what is skipped and reported, and what a folder may be instead.

#include <doctest/doctest.h>

#include <fstream>

#include "data/dataset.h"
#include "tensor/check.h"
#include "tests/data/files.h"
#include "tests/scratch.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// Two classes of two images in train/ and val/.
void write_folder(const fs::path& folder) {
  for (const char* split : {"train", "val"})
    for (const char* name : {"cat/a.jpg", "cat/b.jpg", "owl/a.jpg", "owl/b.jpg"})
      write_jpeg(folder / split / name, 8, 8);
}

void check_fails(const fs::path& folder, const std::string& expected) {
  CAPTURE(expected);
  CHECK_THROWS_WITH_AS(open_dataset(folder), doctest::Contains(expected.c_str()), Error);
}

}  // namespace

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

TEST_CASE("a PNG is read whatever its name") {
  const ScratchFolder folder;
  write_folder(folder.path());
  const fs::path png = SIAM_SOURCE_DIR "/tests/golden/images/png_named.JPEG";
  fs::copy(png, folder / "train/cat/c.JPEG");
  fs::copy(png, folder / "train/cat/d.PNG");
  const TrainTest data = open_dataset(folder.path());
  REQUIRE(data.train->size() == 6);
  CHECK(data.train->image(2).width == 28);
  CHECK(data.train->image(3).width == 28);
}

TEST_CASE("files that are not used are counted by kind, with an example") {
  const ScratchFolder folder;
  write_folder(folder.path());
  CHECK(open_dataset(folder.path()).train->contents() == "4 images in 2 classes");
  write_jpeg(folder / "train/cat/more/deeper/c.jpg", 8, 8);  // used, as torchvision does
  fs::copy_file(folder / "train/cat/a.jpg", folder / "train/cat/named_otherwise");  // used, too
  write(folder / "train/cat/x.tga", {1});
  write(folder / "train/cat/y.TGA", {1});
  write(folder / "train/cat/z.jpg", {'G', 'I', 'F', '8', '9', 'a'});
  write(folder / "train/owl/._a.jpg", {1});
  write(folder / "train/owl/README", {1});
  write(folder / "train/owl/@eaDir/a.jpg/thumb.jpg", {1});
  write(folder / "train/.thumbnails/a.jpg", {1});
  write(folder / "train/@eaDir/a.jpg", {1});
  write(folder / "train/list.txt", {1});
  write_jpeg(folder / "train/stray.jpg", 8, 8);
  fs::create_symlink("nowhere.jpg", folder / "train/cat/dangling.jpg");
  fs::create_directory_symlink(".", folder / "train/cat/loop");
  fs::create_symlink("a.jpg", folder / "train/owl/link.jpg");  // used
  const TrainTest data = open_dataset(folder.path());
  CHECK(data.train->class_names() == std::vector<std::string>{"cat", "owl"});
  const std::string contents = data.train->contents();
  CAPTURE(contents);
  CHECK(contents.starts_with("7 images in 2 classes; 12 files not used: "));
  for (const std::string part :
       {".tga (2: ", "GIF images (1: ", ".txt (1: ", "links that lead nowhere (1: ",
        "cat/dangling.jpg)", "links to folders (1: ", "hidden (4: ", "without a suffix (1: ",
        "owl/README)", "outside of class folders (1: ", "stray.jpg)"})
    CHECK(contents.find(part) != std::string::npos);
  CHECK(data.test->contents() == "4 images in 2 classes");
  CHECK(subset(data.train, 2)->contents() == "2 of " + contents);
}

TEST_CASE("classes that do not agree, or are empty, are named") {
  const ScratchFolder folder;
  write_folder(folder.path());
  fs::rename(folder / "val/owl", folder / "val/own");
  check_fails(folder.path(),
              "2 class folders, and train/ has 2, missing here: owl, not in train/: own");
  fs::rename(folder / "val/own", folder / "val/owl");
  for (const char* more : {"val/a", "val/b", "val/c", "val/d", "val/e"})
    fs::create_directory(folder / more);
  check_fails(folder.path(),
              "7 class folders, and train/ has 2, not in train/: a, b, c and 2 more");
  for (const char* more : {"val/a", "val/b", "val/c", "val/d", "val/e"}) fs::remove(folder / more);
  fs::remove_all(folder / "val/owl");
  write(folder / "val/owl/notes.txt", {1});
  check_fails(folder.path(), "val/owl: no JPEG");
}

TEST_CASE("the fingerprint of a folder is of its content") {
  const ScratchFolder folder;
  write_folder(folder.path());
  const auto fingerprint = [&] { return open_dataset(folder.path()).train->fingerprint(); };
  const fs::path a = folder / "train/cat/a.jpg", b = folder / "train/owl/a.jpg";
  Bytes one = jpeg_bytes(64, 64, 3, [](int, int, int c) { return 80 * c; });
  one.resize(50000);  // nothing is read after the end marker: sizes can be made equal
  Bytes two = one;
  two[25000] ^= 1;
  write(a, one);
  write(b, two);
  const std::string first = fingerprint();
  CHECK(first == fingerprint());
  write(a, two);
  write(b, one);
  CHECK(first != fingerprint());  // swapped
  write(a, one);
  write(b, two);
  CHECK(first == fingerprint());  // rewritten: times do not count
  fs::rename(a, folder / "train/cat/c.jpg");
  CHECK(first != fingerprint());
}

TEST_CASE("a folder of another kind, and an incomplete one, say what is needed") {
  const ScratchFolder folder;
  check_fails(folder / "nowhere", "no such folder");
  write(folder / "file.bin", {1});
  check_fails(folder / "file.bin", "a file; the folder of a data set is needed");
  check_fails(folder.path(), "no data set here");
  fs::create_directories(folder / "train/cat");
  check_fails(folder.path(), "without val/ or test/");
  fs::create_directories(folder / "val/cat");
  check_fails(folder.path(), "train/cat: no JPEG");
}

TEST_CASE("what somebody meant by a folder is recognised") {
  const ScratchFolder folder;
  const auto fails = [&](const std::string& inner, const std::string& expected) {
    check_fails(folder / inner, expected);
  };
  write(folder / "a/cifar-10-batches-py/data_batch_1", {1});
  write(folder / "a/cifar-10-batches-py/batches.meta", {1});
  fails("a/cifar-10-batches-py", "the Python version of CIFAR-10; its binary version is needed");
  fails("a", "cifar-10-batches-py is the Python version of CIFAR-10");
  write(folder / "b/cifar-100-python/train", {1});
  write(folder / "b/cifar-100-python/meta", {1});
  fails("b", "cifar-100-python is the Python version of CIFAR-100");
  write(folder / "c/cifar-10-batches-bin/data_batch_1.bin", {1});
  fails("c", "use --data " + (folder / "c/cifar-10-batches-bin").string());
  write(folder / "d/FashionMNIST/raw/train-images-idx3-ubyte.gz", {1});
  fails("d", "use --data " + (folder / "d/FashionMNIST/raw").string());
  write(folder / "e/cifar-10-binary.tar.gz", {1});
  fails("e", "an archive, cifar-10-binary.tar.gz");
  write_jpeg(folder / "f/cat/a.jpg", 8, 8);
  fails("f", "images that are not in train/ and val/");
  write_folder(folder / "g/pets");
  fails("g", "use --data " + (folder / "g/pets").string());
  fails("g/pets/train", "a part of a data set; the whole is needed");
}

}  // namespace siam
