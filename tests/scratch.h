#pragma once
// Folders for tests that write files.

#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace siam {

/// How often `part` occurs in a text.
inline size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// An empty folder that is removed with all it holds.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "siam-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", {});
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  /// Files and folders inside, at any depth.
  size_t entries() const {
    size_t count = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(path_)) {
      count += !each.path().empty();
    }
    return count;
  }

 private:
  std::filesystem::path path_;
};

/// A file system of a few KiB, so that a disk can be full. Needs the right to mount (root): check
/// mounted() and skip the test with a message if it is not there.
class SmallDisk {
 public:
  explicit SmallDisk(const char* options = "size=64k")
      : mounted_(mount("none", folder_.path().c_str(), "tmpfs", 0, options) == 0) {}
  ~SmallDisk() {
    if (mounted_) umount(folder_.path().c_str());
  }

  bool mounted() const { return mounted_; }
  void make_read_only() const {
    mount("none", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr);
  }
  const ScratchFolder& folder() const { return folder_; }

 private:
  ScratchFolder folder_;
  bool mounted_;
};

/// While it lives, the process has the rights of an ordinary user.
class Nobody {
 public:
  Nobody() : user_(geteuid()) {
    if (user_ == 0 && seteuid(65534) != 0) std::abort();
  }
  ~Nobody() {
    if (seteuid(user_) != 0) std::abort();
  }
  Nobody(const Nobody&) = delete;

 private:
  uid_t user_;
};

/// PATH while it lives.
class ScopedPath {
 public:
  explicit ScopedPath(const char* value) : previous_(std::getenv("PATH")) {
    setenv("PATH", value, 1);
  }
  ~ScopedPath() { setenv("PATH", previous_.c_str(), 1); }

 private:
  std::string previous_;
};

}  // namespace siam
