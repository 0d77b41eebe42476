#pragma once
// Inspects every file of a data set before a run meets it.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace siam {

struct SurveyedFile {
  std::string path;  ///< within the data set
  std::string note;  ///< why it cannot be read, what it is a copy of, or nothing
};

struct Survey {
  int64_t images = 0;
  uint64_t bytes = 0;                       ///< total of all files
  std::map<std::string, int64_t> formats;   ///< "JPEG", for those that could be read
  std::map<std::string, int64_t> by_class;  ///< images by class; nothing without labels
  std::vector<std::pair<int, int>> sizes;   ///< width and height, the smallest area first
  std::vector<SurveyedFile> unreadable, truncated;
  std::vector<SurveyedFile> grey, cmyk, rotated,
      tiny;                              ///< rotated: by EXIF, and turned upright here
  std::vector<SurveyedFile> duplicates;  ///< files with the same bytes as an earlier one
  UnusedFiles unused;                    ///< formats that are not read among them

  int64_t readable() const { return static_cast<int64_t>(sizes.size()); }
};

/// An image is tiny if its smaller side is less.
constexpr int kTinySide = 32;

/// Reads and decodes every file of `images`, from `folder`, on all threads. `on_done` is told the
/// share that is done.
Survey survey(const std::filesystem::path& folder, const Dataset& images,
              const std::function<void(double)>& on_done = {});

}  // namespace siam
