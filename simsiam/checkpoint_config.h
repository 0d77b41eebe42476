#pragma once
// From a checkpoint back to the network that made it.

#include <filesystem>

#include "simsiam/config.h"
#include "tensor/io/safetensors.h"

namespace siam {

struct TrainedModel {
  Config config;  ///< the run's, except for device and precision, which are as requested
  SimSiam model;
  std::string data;                  ///< fingerprint of the training images
  int epochs;                        ///< finished when it was saved
  std::vector<std::string> assumed;  ///< missing_settings(): these have their defaults
  bool heads;                        ///< has_heads()
};

/// The configuration in a checkpoint's metadata: the inverse of describe(). The missing_settings()
/// have their defaults. Error, naming file and setting, if one is unknown to this version or
/// impossible, or if a setting of the network is missing; so a variant that this version does not
/// know is never taken for the baseline.
Config checkpoint_config(const TensorFile& file);

/// False for imported weights that came without projector and predictor: the heads are untrained
/// then.
bool has_heads(const TensorFile& file);

/// The settings that were added since the checkpoint was made.
std::vector<std::string> missing_settings(const TensorFile& file);

/// Reads a checkpoint that Trainer::save wrote and builds its network on `device`, for f32. Error
/// if the file is not such a checkpoint, or does not hold the network that it describes.
TrainedModel load_trained(const std::filesystem::path& path, Device device);

}  // namespace siam
