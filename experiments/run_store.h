#pragma once
// Finished and unfinished runs, in <out>/runs/: each run is trained once, and every experiment that
// needs it finds it here.

#include <filesystem>
#include <optional>
#include <string>

#include "simsiam/config.h"

namespace siam {

/// The name of a run: a hash of all that determines its result, which is its configuration, the
/// fingerprint of the data, the build (version control's description of the source), and on a CPU
/// the kernels (instruction set, and whether oneDNN has a part). 16 hexadecimal digits.
std::string run_id(const Config& config, const std::string& data_fingerprint);

class RunStore {
 public:
  explicit RunStore(const std::filesystem::path& out) : folder_(out / "runs") {}

  std::filesystem::path checkpoint(const std::string& id) const {
    return folder_ / (id + ".safetensors");
  }
  /// What was logged of a run, complete or not; nothing if there is no record, or none that can be
  /// read.
  std::optional<RunRecord> load(const std::string& id) const;
  /// Writes <id>.json: what was logged, to be found again and to be read by people.
  void save(const std::string& id, const RunRecord& record) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace siam
