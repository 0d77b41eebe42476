// Data sets of image files. Classes are folders, in the order of their names, as in torchvision's
// ImageFolder.

#include <algorithm>
#include <iterator>
#include <numeric>

#include "data/formats.h"
#include "data/image_file.h"
#include "data/image_folder.h"
#include "tensor/check.h"
#include "tensor/io/hash.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// The images of a folder, of which `part` (train/, or nothing) is used.
struct Part {
  fs::path folder, part;
  std::vector<ImageFile> files;
  UnusedFiles unused;

  Part(const fs::path& whole, const fs::path& used) : folder(whole), part(used) {
    FoundImages found = find_images(folder, part);
    files = std::move(found.files);
    unused = std::move(found.unused);
  }
  Part(const Part& whole, std::vector<ImageFile> some)
      : folder(whole.folder), part(whole.part), files(std::move(some)) {}

  /// A file's path within the part.
  fs::path inner(const ImageFile& file) const {
    return part.empty() ? file.path : file.path.lexically_relative(part);
  }
  /// The first-level folder that a file is in, or nothing.
  std::string class_of(const ImageFile& file) const {
    const fs::path path = inner(file);
    return std::next(path.begin()) == path.end() ? "" : path.begin()->string();
  }
  /// In order; an empty one first if a file is outside of all folders.
  Names classes() const {
    Names names;
    for (const ImageFile& file : files)
      if (std::string name = class_of(file); names.empty() || names.back() != name)
        names.push_back(std::move(name));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }
};

class ImageDataset : public Dataset {
 public:
  /// `names` holds every class of the parts, or nothing.
  ImageDataset(const std::vector<Part>& parts, Names names)
      : folder_(parts[0].folder), class_names_(std::move(names)) {
    uint64_t hash = hash_bytes(nullptr, 0);
    for (const Part& part : parts)
      for (const ImageFile& file : part.files)
        hash = hash_bytes(&file.digest, sizeof(uint64_t), hash);
    for (const Part& part : parts) {
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
  const Names& class_names() const override { return class_names_; }
  std::string name() const override { return fs::weakly_canonical(folder_).filename().string(); }
  fs::path path(int64_t index) const override { return files_[index]; }
  std::string fingerprint() const override { return fingerprint_; }
  UnusedFiles unused_files() const override { return unused_; }

 private:
  int label_of(const std::string& name) const {
    const auto found = std::lower_bound(class_names_.begin(), class_names_.end(), name);
    return labelled() ? static_cast<int>(found - class_names_.begin()) : -1;
  }

  fs::path folder_;
  Names class_names_;
  UnusedFiles unused_;
  std::vector<fs::path> files_;
  std::vector<int> labels_;
  std::string fingerprint_;
};

// " is missing: a, b, ..." for the names of `all` that are not in `some`; nothing if all are.
std::string missing(const Names& all, const Names& some, const std::string& what) {
  Names names;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(names));
  if (names.empty()) return {};
  std::string text = fmt::format(", {} {}", what, names[0]);
  for (size_t i = 1; i < std::min<size_t>(names.size(), 3); ++i) text += ", " + names[i];
  if (names.size() > 3) text += fmt::format(" and {} more", names.size() - 3);
  return text;
}

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

std::shared_ptr<const Dataset> class_images(Part part, const Names& names) {
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
  return std::make_shared<ImageDataset>(std::vector{std::move(part)}, names);
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

bool has_classes(const Names& names) { return names.size() > 1 && !names[0].empty(); }

// Names of the classes of both parts, or none.
Names common_classes(const Part& train, const Part& test) {
  Names names = train.classes();
  const Names others = test.classes();
  const bool agree = has_classes(names) && !others.empty() &&
                     std::includes(names.begin(), names.end(), others.begin(), others.end());
  return agree ? names : Names();
}

// The tenth of the images whose paths have the largest hashes.
TrainTest hold_out(const Part& all) {
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
  Names names = all.classes();
  if (!has_classes(names)) names.clear();
  Part first(all, std::move(train));
  first.unused = all.unused;  // said once
  return {std::make_shared<ImageDataset>(std::vector{std::move(first)}, names),
          std::make_shared<ImageDataset>(std::vector{Part(all, std::move(test))}, names)};
}

void check_images(const Part& part, size_t needed) {
  check(part.files.size() >= needed,
        "{}: {} images{}; {} or more, each a {}, are needed; correct "
        "the path or add some",
        (part.folder / part.part).string(), part.files.size(), part.unused.text(), needed,
        readable_formats());
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
  check(test_names == train_names,
        "{}: {} class folders, and train/ has {}{}{}; they must agree; rename or remove some",
        (folder / test).string(), test_names.size(), train_names.size(),
        missing(train_names, test_names, "missing here:"),
        missing(test_names, train_names, "not in train/:"));
  return TrainTest{class_images(Part(folder, "train"), train_names),
                   class_images(Part(folder, test), test_names)};
}

TrainTest open_any_images(const fs::path& folder) {
  const Layout layout(folder);
  Part train(folder, layout.train);
  train.unused.add(layout.beside(folder));
  if (layout.test.empty()) {
    check_images(train, 2);
    return hold_out(train);
  }
  const Part test(folder, layout.test);
  check_images(train, 1);
  check_images(test, 1);
  const Names names = common_classes(train, test);
  return {std::make_shared<ImageDataset>(std::vector{train}, names),
          std::make_shared<ImageDataset>(std::vector{test}, names)};
}

std::shared_ptr<const Dataset> list_images(const fs::path& folder) {
  const Layout layout(folder);
  std::vector<Part> parts = {Part(folder, layout.train)};
  parts[0].unused.add(layout.beside(folder));
  Names names = parts[0].classes();
  if (!layout.test.empty()) {
    parts.emplace_back(folder, layout.test);
    names = common_classes(parts[0], parts[1]);
    if (layout.test < layout.train) std::swap(parts[0], parts[1]);
  }
  if (parts.size() == 1 || parts[1].files.empty()) check_images(parts[0], 1);
  return std::make_shared<ImageDataset>(parts, has_classes(names) ? names : Names());
}

}  // namespace siam
