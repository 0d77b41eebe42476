#pragma once
// Sizes of an experiment: from minutes on two cores to the paper's own.

#include <string>
#include <vector>

#include "simsiam/config.h"

namespace siam {

/// "quick": a thin ResNet on a subset, both runs of an ablation within five minutes on two cores.
/// "medium": long enough for a linear probe to tell the runs of the paper's tables apart.
/// "cifar10": the paper's CIFAR recipe (App. D). "imagenet": its ImageNet baseline (Sec. 3).
/// "photos": for the user's own `images` images; 0: as for 10,000. UsageError for another name.
Config preset(const std::string& name, int64_t images = 0);

std::vector<std::string> preset_names();

/// `photos` warms up for one in this many epochs.
constexpr int kEpochsPerWarmup = 20;

/// True for a preset that makes no sense on the small data sets that are used by default.
bool needs_data(const std::string& name);

}  // namespace siam
