#pragma once
// Sizes of an experiment: from minutes on two cores to the paper's own.

#include <string>
#include <vector>

#include "simsiam/config.h"

namespace siam {

/// "quick": a thin ResNet on a subset, both runs of an ablation within five minutes on two cores.
/// "small": long enough for the kNN accuracy to leave the untrained network behind.
/// "cifar10": the paper's CIFAR recipe (App. D). UsageError for another name.
Config preset(const std::string& name);

std::vector<std::string> preset_names();

}  // namespace siam
