#pragma once
// A folder that results go to: made and tried before there is anything to lose, and one process's
// own while it trains.

#include <filesystem>
#include <string>
#include <vector>

namespace siam {

/// Makes the folder, if it is not there, and tries to write each of the files there without
/// changing it. Error if one cannot be written.
void prepare_folder(const std::filesystem::path& folder, const std::vector<std::string>& files);

/// A lock on a folder, held by a process until it ends, however it ends. `.lock` in the folder says
/// who holds it.
class FolderLock {
 public:
  explicit FolderLock(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;

  /// Makes the folder if it is not there. `command` is what this process runs, for others to be
  /// told. Error, naming the holder, if that is another one. On a file system without locks all
  /// succeed.
  void take(const std::string& command);

 private:
  std::filesystem::path folder_;
  int descriptor_ = -1;
};

}  // namespace siam
