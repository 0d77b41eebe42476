// train/<class>/*.jpg and val/<class>/*.jpg (or test/): classes are folders, in the order of their
// names, as in torchvision's ImageFolder.

#include <algorithm>
#include <set>

#include "data/formats.h"
#include "data/jpeg.h"
#include "data/memory_dataset.h"
#include "tensor/check.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

class ImageFolder : public Dataset {
 public:
  ImageFolder(const fs::path& folder, std::vector<std::string> class_names)
      : name_(fs::weakly_canonical(folder).parent_path().filename().string()),
        class_names_(std::move(class_names)) {
    uint64_t hash = hash_bytes(nullptr, 0);
    for (size_t label = 0; label < class_names_.size(); ++label) {
      std::vector<fs::path> files;
      for (const auto& entry : fs::directory_iterator(folder / class_names_[label]))
        if (entry.is_regular_file() && is_jpeg(entry.path())) files.push_back(entry.path());
      check(!files.empty(), "{}: no JPEGs; every class needs images: remove the folder or fill it",
            (folder / class_names_[label]).string());
      std::sort(files.begin(), files.end());
      for (const fs::path& file : files) {
        const std::string entry = fmt::format("{}/{} {}\n", class_names_[label],
                                              file.filename().string(), fs::file_size(file));
        hash = hash_bytes(entry.data(), entry.size(), hash);
        files_.push_back(file);
        labels_.push_back(static_cast<int>(label));
      }
    }
    fingerprint_ = hash_text(hash);
  }

  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  Image image(int64_t index) const override { return read_jpeg(files_[index]); }
  int label(int64_t index) const override { return labels_[index]; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  std::string name() const override { return name_; }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  static bool is_jpeg(const fs::path& path) {
    std::string suffix = path.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return suffix == ".jpg" || suffix == ".jpeg";
  }

  std::string name_;
  std::vector<std::string> class_names_;
  std::vector<fs::path> files_;
  std::vector<int> labels_;
  std::string fingerprint_;
};

std::vector<std::string> class_folders(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) names.insert(entry.path().filename().string());
  check(!names.empty(), "{}: no folders; one for each class is needed; correct --data",
        folder.string());
  return {names.begin(), names.end()};
}

}  // namespace

std::optional<TrainTest> open_image_folder(const fs::path& folder) {
  if (!fs::is_directory(folder / "train")) return {};
  const fs::path test = folder / (fs::is_directory(folder / "val") ? "val" : "test");
  check(fs::is_directory(test), "{}: train/ without val/ or test/; one of them is needed; add it",
        folder.string());
  const std::vector<std::string> classes = class_folders(folder / "train");
  check(class_folders(test) == classes,
        "{}: its class folders are not those of train/; they must agree; rename or remove some",
        test.string());
  return TrainTest{std::make_shared<ImageFolder>(folder / "train", classes),
                   std::make_shared<ImageFolder>(test, classes)};
}

}  // namespace siam
