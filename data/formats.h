#pragma once
// The file formats that open_dataset() tells apart. Each returns nothing if the folder is of
// another kind.

#include <optional>

#include "data/dataset.h"

namespace siam {

std::optional<TrainTest> open_cifar(const std::filesystem::path& folder);
std::optional<TrainTest> open_idx(const std::filesystem::path& folder);
std::optional<TrainTest> open_image_folder(const std::filesystem::path& folder);

}  // namespace siam
