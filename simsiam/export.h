#pragma once
// The backbone alone, for other software.

#include <string>

#include "simsiam/checkpoint_config.h"
#include "tensor/io/safetensors.h"

namespace siam {

/// Weights and running statistics of the backbone under torchvision's names, convolutions in
/// PyTorch's layout [K,C,R,S]. A torchvision ResNet of the same kind whose fc is the identity loads
/// it with strict=True. The metadata says what the network is (`architecture`, `stem`, `width`),
/// how its images are preprocessed (`size`, `resize`, `mean`, `std`, and all of it in the line
/// `transform`), and where it comes from (`recipe`, the configuration as JSON; `data`, the
/// fingerprint of its images; `epochs`).
TensorFile torchvision_backbone(TrainedModel& trained);

/// True if torchvision.models has exactly this network: one of its depths, 64 channels in the first
/// stage, the ImageNet stem.
bool is_torchvision(const ResNetConfig& net);

/// The source of a Python module named `module`. It defines `model`, a torchvision ResNet with this
/// stem and width that loads the file `weights` beside it, and `transform`. For a network that
/// torchvision does not have.
std::string python_module(const Config& config, const std::string& weights,
                          const std::string& module);

}  // namespace siam
