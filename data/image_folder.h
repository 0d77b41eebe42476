#pragma once
// What is found in folders of images.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/unused_files.h"

namespace siam {

/// By its suffix: one of the formats that are read, in any case.
bool is_image_name(const std::filesystem::path& path);

struct ImageFile {
  std::filesystem::path path;  ///< relative to the folder of the data set
  /// Hash of its size, and of its content: all of a small file, and of a large one its first,
  /// middle and last 4 KiB. A picture that is changed is compressed to other bytes from there on.
  uint64_t digest = 0;
};

struct FoundImages {
  std::vector<ImageFile> files;  ///< in the order of their paths
  UnusedFiles unused;
};

/// The image files below folder / part, at any depth. A file is an image by its content, whatever
/// its name; and one with an image's name is taken for one that is damaged if its content is of no
/// known kind. Hidden files and folders are passed over. A link to a folder is followed where it
/// leads out of folder / part, and not from below another such link. A folder in it that cannot be
/// listed is passed over; filesystem_error if folder / part cannot.
FoundImages find_images(const std::filesystem::path& folder,
                        const std::filesystem::path& part = {});

/// What the system, a file manager or a NAS keeps beside the images.
bool is_hidden(const std::filesystem::path& path);

}  // namespace siam
