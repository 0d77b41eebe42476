// Data sets of image files. Classes are folders, in the order of their names, as in torchvision's
// ImageFolder.

#include <algorithm>
#include <iterator>
#include <numeric>

#include "data/class_folders.h"
#include "data/formats.h"
#include "data/image_file.h"
#include "tensor/check.h"
#include "tensor/counted.h"
#include "tensor/io/hash.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class ImageDataset : public Dataset {
 public:
  /// `classes` holds every class of the parts, or none.
  ImageDataset(const std::vector<FolderPart>& parts, Classes classes)
      : folder_(parts[0].folder), classes_(std::move(classes)) {
    uint64_t hash = hash_bytes(nullptr, 0);
    for (const FolderPart& part : parts)
      for (const ImageFile& file : part.files)
        hash = hash_bytes(&file.digest, sizeof(uint64_t), hash);
    for (const FolderPart& part : parts) {
      for (const ImageFile& file : part.files) {
        const std::string entry = part.inner(file).string() + '\n';
        hash = hash_bytes(entry.data(), entry.size(), hash);
        labels_.push_back(label_of(part.class_of(file)));
        files_.push_back(file.path);
      }
      unused_.add(part.unused);
    }
    fingerprint_ = hash_text(hash);
  }

  int64_t size() const override { return std::ssize(files_); }
  Image image(int64_t index) const override { return read_image(folder_ / files_[index]); }
  Image image_around(int64_t index, const NeededPart& needed) const override {
    return read_image(folder_ / files_[index], needed);
  }
  int label(int64_t index) const override { return labels_[index]; }
  const Names& class_names() const override { return classes_.names; }
  std::string why_unlabelled() const override { return classes_.why_none; }
  std::string name() const override { return fs::weakly_canonical(folder_).filename().string(); }
  fs::path path(int64_t index) const override { return files_[index]; }
  std::string fingerprint() const override { return fingerprint_; }
  UnusedFiles unused_files() const override { return unused_; }

 private:
  int label_of(const std::string& name) const {
    const Names& names = classes_.names;
    const auto found = std::lower_bound(names.begin(), names.end(), name);
    return labelled() ? static_cast<int>(found - names.begin()) : -1;
  }

  fs::path folder_;
  Classes classes_;
  UnusedFiles unused_;
  std::vector<fs::path> files_;
  std::vector<int> labels_;
  std::string fingerprint_;
};

// Folders directly in a folder, including links to folders.
Names folders_in(const fs::path& folder) {
  Names names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!is_hidden(entry.path()) && entry.is_directory(ignored))
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const Dataset> class_images(FolderPart part, const Names& names) {
  std::vector<int64_t> images(names.size());
  std::vector<ImageFile> inside;
  for (const ImageFile& file : part.files) {
    const std::string name = part.class_of(file);
    if (name.empty()) {
      part.unused.add("outside of class folders", part.folder / file.path);
      continue;
    }
    ++images[std::lower_bound(names.begin(), names.end(), name) - names.begin()];
    inside.push_back(file);
  }
  part.files = std::move(inside);
  const auto none = std::find(images.begin(), images.end(), 0);
  check(
      none == images.end(), "{}: no {}; every class needs images: remove the folder or fill it",
      none == images.end() ? "" : (part.folder / part.part / names[none - images.begin()]).string(),
      readable_formats());
  return std::make_shared<ImageDataset>(std::vector{std::move(part)}, Classes{names});
}

// Descends through folders that hold only one folder, as unpacked archives do: "imagenette2/train".
fs::path down_to_content(const fs::path& folder) {
  fs::path part;
  while (true) {
    std::vector<fs::directory_entry> content;
    for (const auto& entry : fs::directory_iterator(folder / part))
      if (!is_hidden(entry.path())) content.push_back(entry);
    if (content.size() != 1 || content[0].is_symlink() || !content[0].is_directory()) return part;
    part /= content[0].path().filename();
  }
}

// The folders of a data set's two parts; where there are no two, `test` is empty.
struct Layout {
  fs::path around, train, test;

  explicit Layout(const fs::path& folder) : around(down_to_content(folder)), train(around) {
    const fs::path inside = folder / around;
    if (!fs::is_directory(inside / "train")) return;
    for (const char* name : {"val", "test"})
      if (test.empty() && fs::is_directory(inside / name)) test = around / name;
    if (!test.empty() || folders_in(inside).size() == 1) train /= "train";
  }
  /// What is beside them.
  UnusedFiles beside(const fs::path& folder) const {
    UnusedFiles unused;
    if (train == around) return unused;
    for (const auto& entry : fs::directory_iterator(folder / around)) {
      const fs::path name = entry.path().filename();
      if (around / name != train && around / name != test)
        unused.add(is_hidden(name) ? "hidden" : "beside the parts", entry.path());
    }
    return unused;
  }
};

// The tenth of the images whose paths have the largest hashes.
TrainTest hold_out(const FolderPart& all) {
  const auto hash = [&](const ImageFile& file) {
    const std::string path = all.inner(file).string();
    return std::pair(hash_bytes(path.data(), path.size()), path);
  };
  std::vector<size_t> order(all.files.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<decltype(hash(all.files[0]))> hashes;
  for (const ImageFile& file : all.files) hashes.push_back(hash(file));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return hashes[a] < hashes[b]; });
  const size_t kept = order.size() - std::max<size_t>(1, order.size() / 10);
  std::sort(order.begin(), order.begin() + static_cast<int64_t>(kept));
  std::sort(order.begin() + static_cast<int64_t>(kept), order.end());
  std::vector<ImageFile> train, test;
  for (size_t i = 0; i < order.size(); ++i)
    (i < kept ? train : test).push_back(all.files[order[i]]);
  const Classes classes = classes_of(all);
  FolderPart first(all, std::move(train));
  first.unused = all.unused;  // said once
  return {std::make_shared<ImageDataset>(std::vector{std::move(first)}, classes),
          std::make_shared<ImageDataset>(std::vector{FolderPart(all, std::move(test))}, classes)};
}

// A batch has at least two images, since batch normalisation compares them.
constexpr size_t kFewestToTrain = 2, kFewestToTest = 1;

void check_images(const FolderPart& part, size_t needed, const char* what_for = "") {
  check(part.files.size() >= needed,
        "{}: {}{}; {} or more, each a {}, are needed{}; correct the path or add some",
        (part.folder / part.part).string(), counted(std::ssize(part.files), "image"),
        part.unused.text(), needed, readable_formats(), what_for);
}

}  // namespace

std::optional<TrainTest> open_image_folder(const fs::path& folder) {
  if (!fs::is_directory(folder / "train")) return {};
  const fs::path test = fs::is_directory(folder / "val") ? "val" : "test";
  check(fs::is_directory(folder / test),
        "{}: train/ without val/ or test/; one of them is needed; add it, or use `simsiam "
        "pretrain`, which needs neither",
        folder.string());
  const Names train_names = folders_in(folder / "train"), test_names = folders_in(folder / test);
  for (const auto& [split, names] :
       {std::pair<fs::path, Names>{"train", train_names}, {test, test_names}})
    check(
        !names.empty(),
        "{}: no folders; one for each class is needed; add them, or use `simsiam pretrain`, which "
        "needs none",
        (folder / split).string());
  const auto difference = [](const char* what, const Names& all, const Names& some) {
    const std::string names = names_missing(all, some);
    return names.empty() ? "" : fmt::format(", {}: {}", what, names);
  };
  check(test_names == train_names,
        "{}: {} class folders, and train/ has {}{}{}; they must agree; rename or remove some",
        (folder / test).string(), test_names.size(), train_names.size(),
        difference("missing here", train_names, test_names),
        difference("not in train/", test_names, train_names));
  return TrainTest{class_images(FolderPart(folder, "train"), train_names),
                   class_images(FolderPart(folder, test), test_names)};
}

TrainTest open_any_images(const fs::path& folder) {
  const Layout layout(folder);
  FolderPart train(folder, layout.train);
  train.unused.add(layout.beside(folder));
  if (layout.test.empty()) {
    check_images(train, kFewestToTrain + kFewestToTest, ": two to train on, one to test");
    return hold_out(train);
  }
  const FolderPart test(folder, layout.test);
  check_images(train, kFewestToTrain, " to train on");
  check_images(test, kFewestToTest, " to test");
  const Classes classes = common_classes(train, test);
  return {std::make_shared<ImageDataset>(std::vector{train}, classes),
          std::make_shared<ImageDataset>(std::vector{test}, classes)};
}

std::shared_ptr<const Dataset> list_images(const fs::path& folder) {
  const Layout layout(folder);
  std::vector<FolderPart> parts = {FolderPart(folder, layout.train)};
  parts[0].unused.add(layout.beside(folder));
  Classes classes = classes_of(parts[0]);
  if (!layout.test.empty()) {
    parts.emplace_back(folder, layout.test);
    classes = common_classes(parts[0], parts[1]);
    if (layout.test < layout.train) std::swap(parts[0], parts[1]);
  }
  if (parts.size() == 1 || parts[1].files.empty()) check_images(parts[0], 1);
  return std::make_shared<ImageDataset>(parts, std::move(classes));
}

}  // namespace siam
