#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace siam {

/// Files that are skipped, by kind, with one example of each.
class UnusedFiles {
 public:
  void add(const std::string& kind, const std::filesystem::path& path, int64_t count = 1);
  void add(const UnusedFiles& more);
  /// "; 3 files not used: GIF images (2: cat/a.gif, ...), hidden (1: cat/.b.jpg)", or nothing.
  std::string text() const;
  /// Kind, count and example.
  const std::map<std::string, std::pair<int64_t, std::filesystem::path>>& kinds() const {
    return kinds_;
  }

 private:
  std::map<std::string, std::pair<int64_t, std::filesystem::path>> kinds_;
};

}  // namespace siam
