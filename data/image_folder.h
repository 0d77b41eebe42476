#pragma once
// What is found in folders of images.

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace siam {

/// Files that are passed over, by kind, with one example of each.
class UnusedFiles {
 public:
  void add(const std::string& kind, const std::filesystem::path& path);
  /// "; 3 files not used: 2 .webp (cat/a.webp, ...), 1 hidden (cat/.b.jpg)", or nothing.
  std::string text() const;

 private:
  std::map<std::string, std::pair<int64_t, std::filesystem::path>> kinds_;
};

/// By its suffix: .jpg, .jpeg or .png in any case.
bool is_image_name(const std::filesystem::path& path);

/// Appends the image files of a folder and of the folders in it. Hidden ones and links to folders
/// are not followed.
void find_images(const std::filesystem::path& folder, std::vector<std::filesystem::path>& files,
                 UnusedFiles& unused);

struct ClassFolders {
  std::vector<std::string> names;  ///< sorted
  UnusedFiles unused;              ///< beside them
};
ClassFolders class_folders(const std::filesystem::path& folder);

}  // namespace siam
