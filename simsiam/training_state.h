#pragma once
// A checkpoint as untrusted data: what its metadata says about the run, each entry checked for
// type, range and consistency with the others before it is used.

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>

#include "simsiam/config.h"
#include "tensor/io/safetensors.h"

namespace siam {

/// How far a run has got.
struct Position {
  int epoch = 0;     ///< epochs finished
  int64_t step = 0;  ///< steps done in the current one
  double loss_sum = 0, std_sum = 0, seconds = 0, wait_seconds = 0;  ///< over these steps
};

struct RunProgress {
  Position position;
  std::vector<EpochMetrics> history;  ///< of the epochs finished
};

/// The metadata of a training state; `run` is its configuration and data, as JSON.
std::map<std::string, std::string> training_state_metadata(const std::string& run,
                                                           const RunProgress& progress);

/// True if the metadata is that of a checkpoint of any version.
bool is_training_state(const std::map<std::string, std::string>& metadata);
/// Error if the file was not written by a training run, has a format that this version does not
/// read, or is damaged.
TensorFile load_training_state(const std::filesystem::path& path);

/// An entry of the metadata, which is JSON. Error if it is missing or damaged.
nlohmann::ordered_json metadata_json(const TensorFile& file, const std::string& name);

/// The run's progress. Error, naming file, entry and field, unless a run of that configuration can
/// have got there. `steps_per_epoch`: 0 if not known.
RunProgress run_progress(const TensorFile& file, const Config& config, int64_t steps_per_epoch);

}  // namespace siam
