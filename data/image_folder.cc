// train/<class>/ and val/<class>/ (or test/) with images in them, at any depth: classes are
// folders, in the order of their names, as in torchvision's ImageFolder.

#include "data/image_folder.h"

#include <algorithm>
#include <iterator>

#include "data/formats.h"
#include "data/image_file.h"
#include "data/memory_dataset.h"
#include "data/read_file.h"
#include "tensor/check.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// Of the file itself or what a link leads to; `none` or `not_found` where it leads nowhere.
fs::file_type type_of(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.status(error).type();
}

// What the system, a file manager or a NAS keeps beside the images.
bool is_hidden(const std::string& name) {
  return name.starts_with('.') || name == "@eaDir" || name == "__MACOSX";
}

std::string suffix_of(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

// Hash of a file's size, and of its content: all of a small one, and of a large one its first,
// middle and last 4 KiB. A picture that is changed is compressed to other bytes from there on.
uint64_t digest(const fs::path& path) {
  const FileSample sample = sample_file(path, 4096);
  check(is_image(sample.bytes), "{}: {}; a JPEG or PNG is needed; convert or remove the file",
        path.string(), kind_of(sample.bytes));
  return hash_bytes(sample.bytes.data(), sample.bytes.size(),
                    hash_bytes(&sample.size, sizeof(sample.size)));
}

class ImageFolder : public Dataset {
 public:
  ImageFolder(const fs::path& folder, const ClassFolders& classes)
      : name_(fs::weakly_canonical(folder).parent_path().filename().string()),
        class_names_(classes.names),
        unused_(classes.unused) {
    for (size_t label = 0; label < class_names_.size(); ++label) {
      std::vector<fs::path> files;
      find_images(folder / class_names_[label], files, unused_);
      check(!files.empty(),
            "{}: no JPEG or PNG; every class needs images: remove the folder or fill it",
            (folder / class_names_[label]).string());
      std::sort(files.begin(), files.end());
      labels_.insert(labels_.end(), files.size(), static_cast<int>(label));
      std::move(files.begin(), files.end(), std::back_inserter(files_));
    }
    std::vector<uint64_t> digests(files_.size());
    parallel_for(size(), 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) digests[i] = digest(files_[i]);
    });
    uint64_t hash = hash_bytes(digests.data(), digests.size() * sizeof(uint64_t));
    for (const fs::path& file : files_) {
      const std::string entry = file.lexically_relative(folder).string() + '\n';
      hash = hash_bytes(entry.data(), entry.size(), hash);
    }
    fingerprint_ = hash_text(hash);
  }

  int64_t size() const override { return std::ssize(files_); }
  Image image(int64_t index) const override { return read_image(files_[index]); }
  int label(int64_t index) const override { return labels_[index]; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  std::string name() const override { return name_; }
  std::string fingerprint() const override { return fingerprint_; }
  std::string contents() const override { return Dataset::contents() + unused_.text(); }

 private:
  std::string name_;
  std::vector<std::string> class_names_;
  UnusedFiles unused_;
  std::vector<fs::path> files_;
  std::vector<int> labels_;
  std::string fingerprint_;
};

// " is missing: a, b, ..." for the names of `all` that are not in `some`; nothing if all are.
std::string missing(const std::vector<std::string>& all, const std::vector<std::string>& some,
                    const std::string& what) {
  std::vector<std::string> names;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(names));
  if (names.empty()) return {};
  std::string text = fmt::format(", {} {}", what, names[0]);
  for (size_t i = 1; i < std::min<size_t>(names.size(), 3); ++i) text += ", " + names[i];
  if (names.size() > 3) text += fmt::format(" and {} more", names.size() - 3);
  return text;
}

}  // namespace

void UnusedFiles::add(const std::string& kind, const fs::path& path) {
  auto& [count, example] = kinds_[kind];
  if (count++ == 0) example = path;
}

std::string UnusedFiles::text() const {
  int64_t total = 0;
  std::string list;
  for (const auto& [kind, found] : kinds_) {
    const auto& [count, example] = found;
    total += count;
    list += fmt::format("{} {} {} ({}{})", list.empty() ? ":" : ",", count, kind, example.string(),
                        count > 1 ? ", ..." : "");
  }
  return total == 0 ? "" : fmt::format("; {} files not used{}", total, list);
}

bool is_image_name(const fs::path& path) {
  const std::string suffix = suffix_of(path);
  return suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png";
}

void find_images(const fs::path& folder, std::vector<fs::path>& files, UnusedFiles& unused) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    const fs::file_type type = type_of(entry);
    if (is_hidden(path.filename().string()))
      unused.add("hidden", path);
    else if (type == fs::file_type::directory && !entry.is_symlink())
      find_images(path, files, unused);
    else if (type == fs::file_type::directory)
      unused.add("links to folders", path);
    else if (type == fs::file_type::regular && is_image_name(path))
      files.push_back(path);
    else if (type == fs::file_type::regular)
      unused.add(path.has_extension() ? suffix_of(path) : "without a suffix", path);
    else if (entry.is_symlink())
      unused.add("links that lead nowhere", path);
    else
      unused.add("pipes or devices", path);
  }
}

ClassFolders class_folders(const fs::path& folder) {
  ClassFolders found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (is_hidden(name))
      found.unused.add("hidden", entry.path());
    else if (type_of(entry) == fs::file_type::directory)
      found.names.push_back(name);
    else
      found.unused.add("outside of class folders", entry.path());
  }
  std::sort(found.names.begin(), found.names.end());
  return found;
}

std::optional<TrainTest> open_image_folder(const fs::path& folder) {
  if (!fs::is_directory(folder / "train")) return {};
  const fs::path train = folder / "train",
                 test = folder / (fs::is_directory(folder / "val") ? "val" : "test");
  check(fs::is_directory(test), "{}: train/ without val/ or test/; one of them is needed; add it",
        folder.string());
  const ClassFolders train_classes = class_folders(train), test_classes = class_folders(test);
  for (const auto& [split, classes] : {std::pair{train, train_classes}, {test, test_classes}})
    check(!classes.names.empty(), "{}: no folders; one for each class is needed; correct --data",
          split.string());
  check(test_classes.names == train_classes.names,
        "{}: {} class folders, and train/ has {}{}{}; they must agree; rename or remove some",
        test.string(), test_classes.names.size(), train_classes.names.size(),
        missing(train_classes.names, test_classes.names, "missing here:"),
        missing(test_classes.names, train_classes.names, "not in train/:"));
  return TrainTest{std::make_shared<ImageFolder>(train, train_classes),
                   std::make_shared<ImageFolder>(test, test_classes)};
}

}  // namespace siam
