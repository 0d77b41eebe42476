#pragma once
// Finished and unfinished runs, in <out>/runs/: each run is trained once, and every experiment that
// needs it finds it here.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "simsiam/config.h"

namespace siam {

/// The name of a run: a hash of all that determines its result, which is run_identity() and the
/// build (version control's description of the source). 16 hexadecimal digits.
std::string run_id(const Config& config, const std::string& data_fingerprint);

class RunStore {
 public:
  explicit RunStore(const std::filesystem::path& out) : folder_(out / "runs") {}

  /// The newest checkpoint of a run, and the one before it.
  std::filesystem::path checkpoint(const std::string& id) const {
    return folder_ / (id + ".safetensors");
  }
  std::filesystem::path previous(const std::string& id) const {
    return folder_ / "previous" / (id + ".safetensors");
  }
  /// The snapshots of a run that a study has asked for (snapshots.h).
  std::filesystem::path snapshots(const std::string& id) const {
    return folder_ / "embeddings" / (id + ".json");
  }
  /// Creates the folders and tries to write the run's files. Error if one of them cannot be
  /// written.
  void prepare(const std::string& id) const;
  /// What is wrong with the newest checkpoint; empty if it exists and is intact.
  std::string damage(const std::string& id) const;
  /// Has `write` write the newest checkpoint; the one that was the newest becomes the previous one.
  /// Whatever happens meanwhile, an intact checkpoint has the newest one's name.
  void save_checkpoint(const std::string& id,
                       const std::function<void(const std::filesystem::path&)>& write) const;
  /// Has `read` load the newest checkpoint, or the previous one if that is an Error. One that
  /// cannot be used is renamed to end in .damaged, which is passed to `warn`. False if there was
  /// none to use.
  bool restore(const std::string& id, const std::function<void(const std::filesystem::path&)>& read,
               const std::function<void(const std::string&)>& warn) const;
  /// The log of a run, complete or not; nothing if there is no readable record.
  std::optional<RunRecord> load(const std::string& id) const;
  /// The newest record of another run of that name and seed that has not ended.
  std::optional<RunRecord> unfinished(const std::string& name, uint64_t seed,
                                      const std::string& id) const;
  /// Writes <id>.json: the log, for record() and for people to read.
  void save(const std::string& id, const RunRecord& record) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace siam
