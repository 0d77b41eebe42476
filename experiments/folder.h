#pragma once
// A folder for results: created and tried before there is anything to lose, and locked by one
// process while it trains.

#include <filesystem>
#include <string>
#include <vector>

namespace siam {

/// Creates the folder, if it does not exist, and tries to write each of the files there without
/// changing it. Error if one cannot be written.
void prepare_folder(const std::filesystem::path& folder, const std::vector<std::string>& files);

/// Error if pictures at `place`, which is given by `option`, would become images of the folder of
/// images that it lies in.
void check_outside(const std::filesystem::path& place, const std::filesystem::path& images,
                   const char* option);

/// A lock on a folder, held by a process until it ends, however it ends. `.lock` in the folder says
/// who holds it.
class FolderLock {
 public:
  explicit FolderLock(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;

  /// Creates the folder if it does not exist. `command` is what this process runs, to be shown to
  /// others. Error, naming the holder, if another process holds the lock. On a file system without
  /// locks all succeed.
  void take(const std::string& command);

 private:
  std::filesystem::path folder_;
  int descriptor_ = -1;
};

}  // namespace siam
