#pragma once
// Finds the images in folders.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/unused_files.h"

namespace siam {

/// By its suffix: one of the formats that are read, in any case.
bool is_image_name(const std::filesystem::path& path);

struct ImageFile {
  std::filesystem::path path;  ///< relative to the folder of the data set
  /// Hash of its size, and of its content: all of a small file; the first, middle and last 4 KiB of
  /// a large one. A change in a picture changes all compressed bytes from there on.
  uint64_t digest = 0;
};

struct FoundImages {
  std::vector<ImageFile> files;  ///< in the order of their paths
  UnusedFiles unused;
};

/// The image files below folder / part, at any depth. A file is recognised as an image by its
/// content, whatever its name; one that is named like an image but has content of no known kind
/// counts as a damaged image. Hidden files and folders are skipped. A link to a folder is followed
/// if it leads out of folder / part, but not from below another such link. A folder in it that
/// cannot be listed is skipped; filesystem_error if folder / part cannot be listed.
FoundImages find_images(const std::filesystem::path& folder,
                        const std::filesystem::path& part = {});

/// Files that the system, a file manager or a NAS keeps beside the images.
bool is_hidden(const std::filesystem::path& path);

}  // namespace siam
