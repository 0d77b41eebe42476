#pragma once
// From a checkpoint back to the network that made it.

#include <filesystem>

#include "simsiam/config.h"
#include "tensor/io/safetensors.h"

namespace siam {

struct TrainedModel {
  Config config;  ///< the run's, but for the device and the precision, which are as asked for
  SimSiam model;
  std::string data;                  ///< fingerprint of the images it was trained on
  int epochs;                        ///< finished when it was saved
  std::vector<std::string> assumed;  ///< missing_settings(): these are the defaults
  bool heads;                        ///< has_heads()
};

/// The configuration in a checkpoint's metadata: the inverse of describe(). Of missing_settings()
/// it has the defaults. Error, naming file and setting, if one is unknown to this version or not
/// possible, or one of the network missing; so a variant that this version does not know is never
/// taken for the baseline.
Config checkpoint_config(const TensorFile& file);

/// False of imported weights that came without projector and predictor: these are untrained.
bool has_heads(const TensorFile& file);

/// What has become a setting since the checkpoint was made.
std::vector<std::string> missing_settings(const TensorFile& file);

/// Reads a checkpoint that Trainer::save wrote and builds its network on `device`, for f32. Error
/// if the file is none, or does not hold the network that it describes.
TrainedModel load_trained(const std::filesystem::path& path, Device device);

}  // namespace siam
