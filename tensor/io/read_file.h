#pragma once
// Only regular files are read: a pipe could block forever, and a device never end.

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace siam {

/// A file that is open for reading.
class RegularFile {
 public:
  /// Error if it cannot be opened or is not a regular file.
  explicit RegularFile(std::filesystem::path path);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;

  int64_t size() const { return size_; }
  /// The bytes [offset, offset + count). Error if they cannot be read.
  void read(int64_t offset, void* to, int64_t count) const;
  /// The descriptor, which the caller closes from now on.
  int release();

 private:
  std::filesystem::path path_;
  int descriptor_;
  int64_t size_ = 0;
};

/// All bytes of a file as they are. Error if it cannot be read, is not a regular file, or has more
/// than `most` bytes.
std::vector<uint8_t> read_bytes(const std::filesystem::path& path, int64_t most);
/// The same as text, of any length.
std::string read_file(const std::filesystem::path& path);

struct FileSample {
  int64_t size;                ///< of the file
  std::vector<uint8_t> bytes;  ///< the file's first, middle and last `part` bytes, or all of it
};
/// Errors as above.
FileSample sample_file(const std::filesystem::path& path, int64_t part);

/// A file that may be gzipped, in which case it is decompressed. It is read part by part, so that
/// its header can be checked before memory is allocated for the sizes it declares.
class CompressedFile {
 public:
  /// Error if it cannot be opened or is not a regular file.
  explicit CompressedFile(const std::filesystem::path& path);

  /// The next `count` bytes; fewer at the end of the file. Error if it is damaged or truncated.
  size_t read(uint8_t* to, size_t count);
  /// An upper bound on the uncompressed size.
  uint64_t most_bytes() const { return most_bytes_; }

 private:
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
  uint64_t most_bytes_;
};

}  // namespace siam
