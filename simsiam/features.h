#pragma once
// Features of images from a frozen backbone.

#include <vector>

#include "data/loader.h"
#include "simsiam/config.h"

namespace siam {

struct Features {
  Tensor rows;                  ///< f32 [n,D], each of unit length, on the config's device
  std::vector<int32_t> labels;  ///< [n]
};

/// Globally pooled features of all images under the test transform, the network in evaluation mode
/// (running statistics).
Features backbone_features(const SimSiam& model, const Dataset& dataset, const Config& config);

}  // namespace siam
