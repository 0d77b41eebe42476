// What was probably meant by a folder that is not a data set: the location of one, or another
// format.

#include <fmt/ranges.h>

#include <algorithm>

#include "data/formats.h"
#include "data/image_folder.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries(const fs::path& folder, fs::file_type type) {
  std::vector<fs::path> found;
  std::error_code error;  // for folders that cannot be read: nothing is known about them
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    std::error_code ignored;
    if (i->status(ignored).type() == type && !i->path().filename().string().starts_with('.'))
      found.push_back(i->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool has(const fs::path& folder, const char* name) {
  std::error_code ignored;
  return fs::exists(folder / name, ignored);
}

bool is_dataset(const fs::path& folder) {
  std::error_code ignored;
  if (has(folder, "data_batch_1.bin") || has(folder, "train.bin")) return true;
  if (fs::is_directory(folder / "train", ignored) && (has(folder, "val") || has(folder, "test")))
    return true;
  const std::vector<fs::path> files = entries(folder, fs::file_type::regular);
  return std::any_of(files.begin(), files.end(), [](const fs::path& file) {
    return file.filename().string().find("train-images-idx3-ubyte") != std::string::npos;
  });
}

// The name of the data set whose Python version is there, if any.
std::string python_version(const fs::path& folder) {
  if (has(folder, "data_batch_1") && has(folder, "batches.meta")) return "CIFAR-10";
  std::error_code ignored;
  if (fs::is_regular_file(folder / "train", ignored) && has(folder, "meta")) return "CIFAR-100";
  return {};
}

// The folder's subfolders, and those in them.
std::vector<fs::path> below(const fs::path& folder) {
  std::vector<fs::path> found = entries(folder, fs::file_type::directory);
  const size_t direct = found.size();
  for (size_t i = 0; i < direct; ++i)
    for (const fs::path& inner : entries(found[i], fs::file_type::directory))
      found.push_back(inner);
  return found;
}

std::string python_advice(const std::string& name) {
  return fmt::format("the Python version of {0}; its binary version is needed; {1}", name,
                     name == "CIFAR-10" ? "run data/download_cifar10.sh"
                                        : "extract cifar-100-binary.tar.gz from its home page");
}

bool has_images(const fs::path& folder) {
  const std::vector<fs::path> files = entries(folder, fs::file_type::regular);
  return std::any_of(files.begin(), files.end(), is_image_name);
}

}  // namespace

std::string what_it_looks_like(const fs::path& folder) {
  if (const std::string name = python_version(folder); !name.empty()) return python_advice(name);
  const fs::path place = fs::weakly_canonical(folder), above = place.parent_path();
  if (place.filename() == "train" || place.filename() == "val" || place.filename() == "test")
    if (is_dataset(above))
      return fmt::format("a part of a data set; the whole is needed; use --data {}",
                         above.string());
  const std::vector<fs::path> inner = below(folder);
  for (const fs::path& each : inner)
    if (is_dataset(each))
      return fmt::format("a folder around a data set; its own is needed; use --data {}",
                         each.string());
  for (const fs::path& each : inner)
    if (const std::string name = python_version(each); !name.empty())
      return fmt::format("{} is {}", each.filename().string(), python_advice(name));
  for (const fs::path& file : entries(folder, fs::file_type::regular))
    for (const char* suffix : {".tar.gz", ".tgz", ".tar", ".zip"})
      if (file.string().ends_with(suffix))
        return fmt::format(
            "an archive, {}; its files are needed; extract it and use --data with "
            "the folder that this makes",
            file.filename().string());
  if (has_images(folder) || std::any_of(inner.begin(), inner.end(), has_images))
    return "images that are not in train/ and val/; train/<class>/ and val/<class>/ are needed; "
           "move them there, or use `simsiam pretrain`, which needs neither";
  return "no data set here; CIFAR binary files, IDX files, or train/<class>/*.jpg with val/ are "
         "needed; correct the path";
}

}  // namespace siam
