#pragma once
// Classes that are folders: the first-level ones of a data set, or of its parts.

#include <string>
#include <vector>

#include "data/image_folder.h"

namespace siam {

/// The images of a folder, of which `part` (train/, or nothing) is used.
struct FolderPart {
  std::filesystem::path folder, part;
  std::vector<ImageFile> files;
  UnusedFiles unused;

  FolderPart(const std::filesystem::path& whole, const std::filesystem::path& used);
  FolderPart(const FolderPart& whole, std::vector<ImageFile> some);

  /// A file's path within the part.
  std::filesystem::path inner(const ImageFile& file) const;
  /// The first-level folder that a file is in, or nothing.
  std::string class_of(const ImageFile& file) const;
  /// Those of all files, in order; an empty one first if a file is outside of all folders.
  std::vector<std::string> folders() const;
};

/// Names of classes in order; or none, and why, if some folders look like classes.
struct Classes {
  std::vector<std::string> names;
  std::string why_none = {};
};

/// None unless there are two folders or more, and all images are in them.
Classes classes_of(const FolderPart& part);
/// Those of the training set; none if the test set has others.
Classes common_classes(const FolderPart& train, const FolderPart& test);

/// "a, b, c and 2 more": the names of `all` that are not in `some`; both in order.
std::string names_missing(const std::vector<std::string>& all,
                          const std::vector<std::string>& some);

}  // namespace siam
