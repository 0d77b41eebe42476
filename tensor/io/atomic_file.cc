#include "tensor/io/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "tensor/check.h"

namespace siam {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// A table or a page is written in milliseconds, so we wait for another writer to finish.
constexpr auto kPatience = 2000ms, kPoll = 10ms;

std::string_view advice(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return "free some space or choose another folder";
    case EFBIG:
      return "files of this size must be allowed; raise `ulimit -f`, or choose another folder";
    case EACCES:
    case EPERM:
    case EROFS: return "a folder with write permission is needed; choose another one";
    case ENOENT: return "the folder must exist; create it or choose another one";
    case ENOTDIR: return "a part of the path is a file; choose another folder";
    default: return "choose another folder";
  }
}

[[noreturn]] void fail_writing(const fs::path& path, std::string_view what, int error_number,
                               uint64_t bytes = 0) {
  const std::string size = bytes > 0 && (error_number == ENOSPC || error_number == EDQUOT)
                               ? fmt::format("{} are needed; ", format_bytes(bytes))
                               : "";
  fail("{}: {}: {}; {}{}", path.string(), what, std::strerror(error_number), size,
       advice(error_number));
}

// So that the file's new name survives a power cut.
void flush_folder(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail_writing(path, "cannot flush the folder", errno);
  const int error_number = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  // EINVAL: this file system has no flush for folders.
  if (error_number != 0 && error_number != EINVAL)
    fail_writing(path, "cannot flush the folder", error_number);
}

// The lock belongs to the open file, not to its name. If the name has meanwhile moved to another
// file, or is gone, then another writer has just finished with this one and it must not be touched.
bool lock_named_file(int descriptor, const fs::path& path) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat opened, named;
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

AtomicFile::AtomicFile(fs::path path, uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {
  check(path_.has_filename(),
        "{}: cannot write: the path ends in a folder; the name of a file is needed",
        path_.string());
  // Checks the name itself: a rename onto a device would replace it, and onto a folder fail.
  std::error_code ignored;
  const fs::file_status before = fs::status(path_, ignored);
  check(!fs::exists(before) || fs::is_regular_file(before),
        "{}: cannot write: it exists and is not a file; remove it or choose another name",
        path_.string());

  temporary_ = path_;
  temporary_ += ".tmp";
  for (auto waited = 0ms;; waited += kPoll) {
    const int descriptor =
        open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) fail_with("cannot write", errno);
    if (lock_named_file(descriptor, temporary_)) {
      descriptor_ = descriptor;
      break;
    }
    close(descriptor);
    check(waited < kPatience,
          "{}: cannot write: another process is writing it; wait for that run or choose another "
          "folder",
          path_.string());
    std::this_thread::sleep_for(kPoll);
  }
  // A writer that was killed may have left a partial file behind.
  if (ftruncate(descriptor_, 0) != 0) {
    const int error_number = errno;
    unlink(temporary_.c_str());
    close(descriptor_);
    fail_with("cannot write", error_number);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  unlink(temporary_.c_str());
  close(descriptor_);
}

void AtomicFile::write(const void* data, size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, next, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with("cannot write", errno);
    next += written;
    bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::write_at(uint64_t offset, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written =
        pwrite(descriptor_, text.data(), text.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with("cannot write", errno);
    offset += static_cast<uint64_t>(written);
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void AtomicFile::commit() {
  if (fsync(descriptor_) != 0) fail_with("cannot write", errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0)
    fail_with("cannot rename the finished file", errno);
  // Closing also drops the lock, so it comes after the rename. Write errors were already reported
  // by fsync.
  close(std::exchange(descriptor_, -1));
  flush_folder(path_);
}

void AtomicFile::fail_with(std::string_view what, int error_number) const {
  fail_writing(path_, what, error_number, bytes_);
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0)
    fail_writing(to, fmt::format("cannot rename {} to this", from.string()), errno);
  flush_folder(to);
}

void write_file_atomically(const fs::path& path, std::string_view contents) {
  AtomicFile file(path, contents.size());
  file.write(contents);
  file.commit();
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 10240) return fmt::format("{} bytes", bytes);
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace siam
