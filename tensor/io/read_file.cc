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

namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(const fs::path& path) {
    // Does not wait for the other end of a pipe.
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    check(fd_ >= 0, "{}: cannot open: {}; a readable file is needed; check the path", path.string(),
          std::strerror(errno));
    struct stat status = {};
    const bool regular = fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
    if (!regular) close(fd_);
    check(regular, "{}: {}not a regular file; one is needed, or a link to one; check the path",
          path.string(), S_ISDIR(status.st_mode) ? "is a directory, " : "");
    size_ = status.st_size;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;

  int get() const { return fd_; }
  int64_t size() const { return size_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
  int64_t size_ = 0;
};

// Appends the bytes [offset, offset + count).
template <class Bytes>
void read_from(const Descriptor& file, const fs::path& path, int64_t offset, int64_t count,
               Bytes& bytes) {
  size_t done = bytes.size();
  bytes.resize(done + static_cast<size_t>(count));
  while (done < bytes.size()) {
    const ssize_t got = pread(file.get(), bytes.data() + done, bytes.size() - done, offset);
    if (got < 0 && errno == EINTR) continue;
    check(got > 0, "{}: cannot read: {}; a readable file is needed; check the disk", path.string(),
          got < 0 ? std::strerror(errno) : "it became shorter");
    done += static_cast<size_t>(got);
    offset += got;
  }
}

}  // namespace

std::vector<uint8_t> read_bytes(const fs::path& path, int64_t most) {
  const Descriptor file(path);
  check(file.size() <= most,
        "{}: {} bytes; at most {} are needed; it is damaged or another kind of file", path.string(),
        file.size(), most);
  std::vector<uint8_t> bytes;
  read_from(file, path, 0, file.size(), bytes);
  return bytes;
}

std::string read_file(const fs::path& path) {
  const Descriptor file(path);
  std::string text;
  read_from(file, path, 0, file.size(), text);
  return text;
}

FileSample sample_file(const fs::path& path, int64_t part) {
  const Descriptor file(path);
  FileSample sample{file.size(), {}};
  if (sample.size <= 3 * part)
    read_from(file, path, 0, sample.size, sample.bytes);
  else
    for (const int64_t offset : {int64_t{0}, (sample.size - part) / 2, sample.size - part})
      read_from(file, path, offset, part, sample.bytes);
  return sample;
}

CompressedFile::CompressedFile(const fs::path& path) : path_(path), file_(nullptr, gzclose) {
  Descriptor file(path);
  // Deflate expands one byte to at most 1032; the rest is for its header.
  most_bytes_ = static_cast<uint64_t>(file.size()) * 1032 + 1032;
  file_.reset(gzdopen(file.get(), "rb"));
  if (file_ == nullptr) throw std::bad_alloc();
  file.release();
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
