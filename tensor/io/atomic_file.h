#pragma once
// Files that are either complete or absent. Bytes go to `<name>.tmp` in the same folder, are
// flushed to the disk, and the temporary takes the final name by a rename; the folder is flushed
// last, so the new name survives a power cut. Until commit(), whatever had the name before is
// untouched.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace siam {

class AtomicFile {
 public:
  /// Creates the temporary. `bytes` is the size the file will have, for the message when the disk
  /// is full; 0 if unknown. Error if the folder is missing or not writable, if the path names
  /// something other than a file, or if another process is still writing this file after 2 seconds.
  explicit AtomicFile(std::filesystem::path path, uint64_t bytes = 0);
  /// Removes the temporary unless commit() succeeded.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;

  /// Appends. Error if the bytes cannot all be written.
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Replaces bytes that were written, from `offset` on.
  void write_at(uint64_t offset, std::string_view text);
  /// Flushes, and gives the file its final name.
  void commit();

 private:
  [[noreturn]] void fail_with(std::string_view what, int error_number) const;

  std::filesystem::path path_, temporary_;
  uint64_t bytes_;
  int descriptor_ = -1;
};

/// The whole file at once. A growing log (metrics.csv) is rewritten this way after every epoch: it
/// is small, and a reader never sees half a row.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

/// Gives a file another name in its folder, whatever had that name before, and flushes the folder.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// "812 bytes", "12.3 MiB".
std::string format_bytes(uint64_t bytes);

}  // namespace siam
