#pragma once
// Weights that others have trained.

#include <filesystem>
#include <optional>
#include <string>

#include "simsiam/config.h"
#include "tensor/io/safetensors.h"

namespace siam {

/// What the file itself does not say; if empty, the usual value is used.
struct ImportOptions {
  std::optional<ResNetArch> arch = {};  ///< required architecture
  std::optional<int> image_size = {};   ///< else 224 with the ImageNet stem, 32 with CIFAR's
  std::optional<float> crop_pct = {};   ///< else 0.875 and 1
};

struct ImportedNetwork {
  Config config;
  SimSiam model;
  bool heads;        ///< projector and predictor come from the file; otherwise they are untrained
  std::string kind;  ///< "resnet50 with the ImageNet stem, width 64, without heads"
  std::string data;  ///< fingerprint of the training images, or "unknown"
  std::vector<std::string> not_used;  ///< the classifier's tensors
};

/// Takes a ResNet from the tensors of torchvision, timm, our own export (conv1.weight,
/// layer1.0.conv1.weight, ...) or the authors of SimSiam (module.encoder.conv1.weight, ...,
/// module.encoder.fc.0.weight, module.predictor.0.weight), filters [K,C,R,S]. Depth, stem, width
/// and heads follow from names and shapes, the preprocessing of images from an export's metadata.
/// Error, naming the first tensor that is missing, has another shape, or belongs to another kind of
/// network.
ImportedNetwork import_network(const TensorFile& file, const ImportOptions& options);

/// Writes it as a checkpoint of a run that has not begun.
void save_imported(const std::filesystem::path& path, ImportedNetwork& network);

}  // namespace siam
