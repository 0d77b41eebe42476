#pragma once
// The file formats that open_dataset() tells apart. Each returns nothing if the folder is of
// another kind.

#include <optional>

#include "data/dataset.h"

namespace siam {

std::optional<TrainTest> open_cifar(const std::filesystem::path& folder);
std::optional<TrainTest> open_idx(const std::filesystem::path& folder);
std::optional<TrainTest> open_image_folder(const std::filesystem::path& folder);

/// Of a folder that is of none of these kinds: what it seems to be, what is needed, and what to do.
std::string what_it_looks_like(const std::filesystem::path& folder);

}  // namespace siam
