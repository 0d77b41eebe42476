#pragma once
// Snapshots of a run's embeddings, taken at the epochs that studies ask for and kept beside its
// checkpoint, so that a resumed or reused run has them, too. No number of the run depends on them.

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "simsiam/snapshot.h"

namespace siam {

class Trainer;

/// A cloud of fewer embeddings has no principal directions.
constexpr int64_t kLeastImages = 2;

struct Snapshots {
  std::vector<int> labels;      ///< of the images; -1: none
  std::vector<Snapshot> taken;  ///< in order of epochs
};

/// Nothing if the file is missing or damaged.
std::optional<Snapshots> load_snapshots(const std::filesystem::path& file);
/// As JSON, numbers to five digits.
void save_snapshots(const std::filesystem::path& file, const Snapshots& snapshots);

/// Takes a run's snapshots while it trains.
class SnapshotLog {
 public:
  /// Uses the first test images of each class, 500 in all; with fewer than kLeastImages, none.
  /// `resume`: the content of the file is kept.
  SnapshotLog(std::filesystem::path file, std::set<int> epochs,
              const std::shared_ptr<const Dataset>& test, bool resume);
  /// Whether this epoch is wanted and not yet taken.
  bool due(int epoch) const;
  /// Takes a snapshot of the network after `epoch` epochs, and writes the file.
  void take(int epoch, const Trainer& trainer);

 private:
  std::filesystem::path file_;
  std::set<int> epochs_;
  std::shared_ptr<const Dataset> images_;
  Snapshots snapshots_;
};

}  // namespace siam
