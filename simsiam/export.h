#pragma once
// The backbone alone, for other software.

#include <string>

#include "simsiam/checkpoint_config.h"
#include "tensor/io/safetensors.h"

namespace siam {

/// Weights and running statistics of the backbone under torchvision's names, convolutions in
/// PyTorch's layout [K,C,R,S]. A torchvision ResNet of the same kind whose fc is the identity loads
/// it strictly. The metadata says what the network is (`architecture`, `stem`, `width`), how its
/// images are made (`size`, `resize`, `mean`, `std`, and all of it as the line `transform`), and
/// where it comes from (`recipe`, the configuration as JSON; `data`, the fingerprint of its images;
/// `epochs`).
TensorFile torchvision_backbone(TrainedModel& trained);

/// True if torchvision.models has this very network: one of its depths, 64 channels in the first
/// stage, the ImageNet stem.
bool is_torchvision(const ResNetConfig& net);

/// The source of the Python module of that name, which has `model`, a torchvision ResNet with the
/// stem and the width set, which holds the tensors of the file `weights` beside it, and
/// `transform`. For a network that is not torchvision's own.
std::string python_module(const Config& config, const std::string& weights,
                          const std::string& module);

}  // namespace siam
