#include "tensor/io/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tensor/check.h"

namespace siam {

namespace fs = std::filesystem;

RegularFile::RegularFile(fs::path path) : path_(std::move(path)) {
  // Does not wait for the other end of a pipe.
  descriptor_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  check(descriptor_ >= 0, "{}: cannot open: {}; a readable file is needed; check the path",
        path_.string(), std::strerror(errno));
  struct stat status = {};
  const bool regular = fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) close(descriptor_);
  check(regular, "{}: {}not a regular file; one is needed, or a link to one; check the path",
        path_.string(), S_ISDIR(status.st_mode) ? "is a directory, " : "");
  size_ = status.st_size;
}

RegularFile::~RegularFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

int RegularFile::release() { return std::exchange(descriptor_, -1); }

void RegularFile::read(int64_t offset, void* to, int64_t count) const {
  for (int64_t done = 0; done < count;) {
    const ssize_t got = pread(descriptor_, static_cast<char*>(to) + done,
                              static_cast<size_t>(count - done), offset + done);
    if (got < 0 && errno == EINTR) continue;
    check(got > 0, "{}: cannot read: {}; a readable file is needed; check the disk", path_.string(),
          got < 0 ? std::strerror(errno) : "it became shorter");
    done += got;
  }
}

std::vector<uint8_t> read_bytes(const fs::path& path, int64_t most) {
  const RegularFile file(path);
  check(file.size() <= most,
        "{}: {} bytes; at most {} are needed; it is damaged or another kind of file", path.string(),
        file.size(), most);
  std::vector<uint8_t> bytes(static_cast<size_t>(file.size()));
  file.read(0, bytes.data(), file.size());
  return bytes;
}

std::string read_file(const fs::path& path) {
  const RegularFile file(path);
  std::string text(static_cast<size_t>(file.size()), '\0');
  file.read(0, text.data(), file.size());
  return text;
}

FileSample sample_file(const fs::path& path, int64_t part) {
  const RegularFile file(path);
  FileSample sample{file.size(), {}};
  const auto take = [&](int64_t offset, int64_t count) {
    const size_t before = sample.bytes.size();
    sample.bytes.resize(before + static_cast<size_t>(count));
    file.read(offset, sample.bytes.data() + before, count);
  };
  if (sample.size <= 3 * part)
    take(0, sample.size);
  else
    for (const int64_t offset : {int64_t{0}, (sample.size - part) / 2, sample.size - part})
      take(offset, part);
  return sample;
}

CompressedFile::CompressedFile(const fs::path& path) : path_(path), file_(nullptr, gzclose) {
  RegularFile file(path);
  // Deflate expands one byte to at most 1032; the rest is for its header.
  most_bytes_ = static_cast<uint64_t>(file.size()) * 1032 + 1032;
  const int descriptor = file.release();
  file_.reset(gzdopen(descriptor, "rb"));
  if (file_ == nullptr) {
    close(descriptor);
    throw std::bad_alloc();
  }
  if (gzdirect(file_.get())) most_bytes_ = static_cast<uint64_t>(file.size());
}

size_t CompressedFile::read(uint8_t* to, size_t count) {
  size_t done = 0;
  int error = Z_OK;
  while (done < count) {
    const auto part = static_cast<unsigned>(std::min<size_t>(count - done, 1u << 20));
    const int got = gzread(file_.get(), to + done, part);
    if (got > 0) done += static_cast<size_t>(got);
    if (got < static_cast<int>(part)) {
      gzerror(file_.get(), &error);  // Z_BUF_ERROR: the stream ends before its trailer
      break;
    }
  }
  check(error == Z_OK, "{}: damaged or truncated; a whole file is needed; download it again",
        path_.string());
  return done;
}

}  // namespace siam
