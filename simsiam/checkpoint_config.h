#pragma once
// From a checkpoint back to the network that made it.

#include <filesystem>

#include "nn/safetensors.h"
#include "simsiam/config.h"

namespace siam {

struct TrainedModel {
  Config config;  ///< the run's, but for the device and the precision, which are as asked for
  SimSiam model;
  std::string data;  ///< fingerprint of the images it was trained on
  int epochs;        ///< finished when it was saved
};

/// The configuration in a checkpoint's metadata: the inverse of describe(). Error, naming file and
/// setting, if one is missing, unknown to this version, or not possible; so a variant that this
/// version does not know is never taken for the baseline.
Config checkpoint_config(const TensorFile& file);

/// Reads a checkpoint that Trainer::save wrote and builds its network on `device`, for f32. Error
/// if the file is none, or does not hold the network that it describes.
TrainedModel load_trained(const std::filesystem::path& path, Device device);

}  // namespace siam
