#include "data/class_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace siam {

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Why images outside of all folders leave a part without labels.
std::string outside_text(const FolderPart& part) {
  const auto outside = [&](const ImageFile& file) { return part.class_of(file).empty(); };
  const auto first = std::find_if(part.files.begin(), part.files.end(), outside);
  const auto others = std::count_if(first + 1, part.files.end(), outside);
  const std::string more = others == 0 ? " is" : fmt::format(" and {} more are", others);
  return fmt::format("{}{} outside the class folders", first->path.string(), more);
}

}  // namespace

FolderPart::FolderPart(const fs::path& whole, const fs::path& used) : folder(whole), part(used) {
  FoundImages found = find_images(folder, part);
  files = std::move(found.files);
  unused = std::move(found.unused);
}

FolderPart::FolderPart(const FolderPart& whole, std::vector<ImageFile> some)
    : folder(whole.folder), part(whole.part), files(std::move(some)) {}

fs::path FolderPart::inner(const ImageFile& file) const {
  return part.empty() ? file.path : file.path.lexically_relative(part);
}

std::string FolderPart::class_of(const ImageFile& file) const {
  const fs::path path = inner(file);
  return std::next(path.begin()) == path.end() ? "" : path.begin()->string();
}

Names FolderPart::folders() const {
  Names names;
  for (const ImageFile& file : files)
    if (std::string name = class_of(file); names.empty() || names.back() != name)
      names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Classes classes_of(const FolderPart& part) {
  Names names = part.folders();
  if (names.empty() || names == Names{""}) return {};
  if (names[0].empty()) return {{}, outside_text(part)};
  if (names.size() == 1)
    return {{}, fmt::format("{} is the only class folder", (part.part / names[0]).string())};
  return {std::move(names)};
}

Classes common_classes(const FolderPart& train, const FolderPart& test) {
  Classes classes = classes_of(train);
  const Names others = test.folders();
  if (classes.names.empty() || others.empty()) return classes;
  if (others[0].empty()) return {{}, outside_text(test)};
  if (const std::string unknown = names_missing(others, classes.names); !unknown.empty())
    return {{},
            fmt::format("{}/ has classes that {}/ lacks: {}", test.part.filename().string(),
                        train.part.filename().string(), unknown)};
  return classes;
}

std::string names_missing(const Names& all, const Names& some) {
  constexpr size_t kShown = 3;
  Names names;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(names));
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return text + (names.size() > kShown ? fmt::format(" and {} more", names.size() - kShown) : "");
}

}  // namespace siam
