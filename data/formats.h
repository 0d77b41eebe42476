#pragma once
// The formats of data sets on disk. The first three return nothing if the folder is of another
// kind.

#include <optional>

#include "data/dataset.h"

namespace siam {

std::optional<TrainTest> open_cifar(const std::filesystem::path& folder);
std::optional<TrainTest> open_idx(const std::filesystem::path& folder);
std::optional<TrainTest> open_image_folder(const std::filesystem::path& folder);

/// As open_images() and open_all_images(), for image files only.
TrainTest open_any_images(const std::filesystem::path& folder);
std::shared_ptr<const Dataset> list_images(const std::filesystem::path& folder);

/// For a folder of none of these kinds: what it seems to be, what is needed, and what to do.
std::string what_it_looks_like(const std::filesystem::path& folder);

}  // namespace siam
