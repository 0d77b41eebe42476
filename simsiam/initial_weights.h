#pragma once
// Training that starts from weights instead of from drawn ones: weights and running statistics
// only, with an optimiser that is fresh.

#include <filesystem>

#include "simsiam/checkpoint_config.h"

namespace siam {

/// Gives a configuration the network of a checkpoint, heads included unless they are untrained, and
/// its normalisation of pixels. Error if it is none.
void take_network(const std::filesystem::path& path, Config& config);

/// Copies what a trained network holds to `model`, on the CPU; the heads stay as they are if its
/// own are untrained. Error, naming it, if a tensor is missing there or has another shape; nothing
/// is changed then.
void take_weights(TrainedModel& from, SimSiam& model);

}  // namespace siam
