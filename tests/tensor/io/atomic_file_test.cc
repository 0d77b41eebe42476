#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include "tensor/check.h"
#include "tests/scratch.h"

namespace siam {

namespace {

template <class Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file is written whole and replaces the one before") {
  const ScratchFolder folder;
  const std::string long_text(1 << 20, 'a');
  write_file_atomically(folder / "a.csv", long_text);
  CHECK(read_file(folder / "a.csv") == long_text);
  write_file_atomically(folder / "a.csv", "short");
  CHECK(read_file(folder / "a.csv") == "short");
  CHECK(folder.entries() == 1);

  // As readable for others as any other file of this user, not 0600.
  const mode_t mask = umask(0);
  umask(mask);
  struct stat status;
  REQUIRE(stat((folder / "a.csv").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("bytes that were written can be replaced before the file is finished") {
  const ScratchFolder folder;
  AtomicFile file(folder / "a");
  file.write("0000 rows of data");
  file.write_at(0, "0012");
  file.write(" and more");
  file.commit();
  CHECK(read_file(folder / "a") == "0012 rows of data and more");
}

TEST_CASE("without commit nothing changes") {
  const ScratchFolder folder;
  write_file_atomically(folder / "a", "before");
  {
    AtomicFile file(folder / "a");
    file.write("after");
    CHECK(read_file(folder / "a") == "before");
  }
  CHECK(read_file(folder / "a") == "before");
  CHECK(folder.entries() == 1);
}

TEST_CASE("the part that a killed writer left is not seen in the next file") {
  const ScratchFolder folder;
  std::ofstream(folder / "a.tmp") << "a longer part of a checkpoint";
  write_file_atomically(folder / "a", "new");
  CHECK(read_file(folder / "a") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("of two writers of one file the second is refused") {
  const ScratchFolder folder;
  AtomicFile first(folder / "a");
  first.write("first");
  CHECK(error_of([&] { AtomicFile second(folder / "a"); }).find("another process is writing it") !=
        std::string::npos);
  first.commit();
  CHECK(read_file(folder / "a") == "first");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a writer that will soon be ready is waited for") {
  const ScratchFolder folder;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i)
    writers.emplace_back([&] {
      for (int j = 0; j < 5; ++j) write_file_atomically(folder / "a", std::string(1000, 'x'));
    });
  for (std::thread& each : writers) each.join();
  CHECK(read_file(folder / "a") == std::string(1000, 'x'));
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk: one clear error, the file before stays, no part is left") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  const auto path = disk.folder() / "metrics.csv";
  write_file_atomically(path, "before");
  const std::string message =
      error_of([&] { write_file_atomically(path, std::string(12'897'485, 'x')); });
  CHECK(message ==
        path.string() +
            ": cannot write: No space left on device; 12.3 MiB are needed; free some space or "
            "choose another folder");
  CHECK(read_file(path) == "before");
  CHECK(disk.folder().entries() == 1);
  write_file_atomically(path, "after");  // and the space is free again
  CHECK(read_file(path) == "after");
}

TEST_CASE("a disk without room for another name") {
  const SmallDisk disk("nr_inodes=2");  // the root folder and one file
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  write_file_atomically(disk.folder() / "a", "a");
  CHECK(error_of([&] {
          write_file_atomically(disk.folder() / "b", "b");
        }).find("No space left on device") != std::string::npos);
  CHECK(disk.folder().entries() == 1);
}

TEST_CASE("a read-only file system") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  write_file_atomically(disk.folder() / "a", "before");
  disk.make_read_only();
  CHECK(error_of([&] {
          write_file_atomically(disk.folder() / "a", "after");
        }).find("Read-only file system; a folder with write permission is needed") !=
        std::string::npos);
  CHECK(read_file(disk.folder() / "a") == "before");
}

TEST_CASE("paths that cannot be written") {
  const ScratchFolder folder;
  std::ofstream(folder / "file") << "x";
  std::filesystem::create_directory(folder / "folder");
  const auto error_for = [](const std::filesystem::path& path) {
    return error_of([&] { write_file_atomically(path, "text"); });
  };
  CHECK(error_for(folder / "file/a").find("a part of the path is a file") != std::string::npos);
  CHECK(error_for(folder / "missing/a").find("the folder must exist") != std::string::npos);
  CHECK(error_for(folder / "folder").find("is not a file") != std::string::npos);
  CHECK(error_for(folder / "folder/").find("the name of a file is needed") != std::string::npos);
  // A rename would replace the device itself.
  CHECK(error_for("/dev/full").find("is not a file") != std::string::npos);
  CHECK(error_for(folder / std::string(300, 'n')).find("File name too long") != std::string::npos);
  CHECK(folder.entries() == 2);
}

TEST_CASE("reading names what is wrong") {
  const ScratchFolder folder;
  CHECK(error_of([&] { read_file(folder / "missing"); }).find("No such file") != std::string::npos);
  CHECK(error_of([&] { read_file(folder.path()); }).find("s a directory") != std::string::npos);
}

TEST_CASE("sizes") {
  CHECK(format_bytes(812) == "812 bytes");
  CHECK(format_bytes(10240) == "10.0 KiB");
  CHECK(format_bytes(12'897'485) == "12.3 MiB");
}

}  // namespace siam
