#pragma once
// The backbone alone, for other software.

#include "data/augment.h"
#include "nn/safetensors.h"
#include "simsiam/model.h"

namespace siam {

/// Weights and running statistics of the backbone under torchvision's names, convolutions in
/// PyTorch's layout [K,C,R,S]: load_state_dict(..., strict=False) of a torchvision ResNet of the
/// same kind takes them all and misses fc.* only. A network with the CIFAR stem fits one whose
/// conv1 is 3x3 with stride 1 and whose maxpool is the identity. The metadata has `transform`: how
/// its images are made (torchvision_transform).
TensorFile torchvision_backbone(SimSiam& model, const AugmentConfig& augment);

}  // namespace siam
