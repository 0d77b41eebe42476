#pragma once
// Training that starts from given weights instead of random ones: weights and running statistics
// only, with a fresh optimiser.

#include <filesystem>

#include "simsiam/checkpoint_config.h"

namespace siam {

/// Gives a configuration the network of a checkpoint, heads included unless they are untrained, and
/// its normalisation of pixels. Error if the file is not a checkpoint.
void take_network(const std::filesystem::path& path, Config& config);

/// Copies a trained network's tensors to `model`, on the CPU; the heads are left alone if the
/// trained network's are untrained. Error, naming the tensor, if one is missing there or has
/// another shape; nothing is changed then.
void take_weights(TrainedModel& from, SimSiam& model);

}  // namespace siam
