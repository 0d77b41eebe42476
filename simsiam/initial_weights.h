#pragma once
// Training that starts from given weights instead of random ones: weights and running statistics
// only, with a fresh optimiser.

#include <filesystem>

#include "simsiam/checkpoint_config.h"

namespace siam {

/// Gives a configuration the network of a checkpoint, heads included unless they are untrained, and
/// its normalisation of pixels. Error if the file is not a checkpoint.
void take_network(const std::filesystem::path& path, Config& config);

/// The network that a run starts from, on the CPU: the seed's random values or, if given,
/// `initial`'s weights and running statistics, its heads only if they are trained. Error, naming
/// the tensor, if one is missing there or has another shape.
SimSiam initial_model(const Config& config, TrainedModel* initial);

}  // namespace siam
