#pragma once
// The first step of all commands on a checkpoint.

#include <string>

#include "experiments/progress.h"
#include "simsiam/checkpoint_config.h"

namespace siam {

/// Reads the network of a checkpoint onto a device ("auto", "cpu", "cuda"), and reports the
/// settings that its version did not have.
TrainedModel open_checkpoint(const std::string& path, const std::string& device,
                             Progress& progress);

}  // namespace siam
