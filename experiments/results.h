#pragma once
// The folder in which an experiment leaves its results. Every file is written completely or not at
// all, and the measurements are written after every epoch, so an interrupted run keeps what it had
// logged.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "simsiam/metrics.h"

namespace siam {

/// The entries of summary.json about the experiment as a whole.
struct ExperimentInfo {
  std::string experiment = {};    ///< "stopgrad"
  std::string command_line = {};  ///< as it was typed
  std::string dataset = {};       ///< "CIFAR-10"
  std::string dataset_fingerprint = {};
  std::string device = {};
  uint64_t seed = 0;
  /// What all runs have in common; a run's own entries may be just the difference.
  ConfigEntries config = {};
};

class Results {
 public:
  /// Creates <out>/<experiment>/ and writes a probe there, so that a wrong --out is an Error at the
  /// start and not after the first epoch.
  Results(const std::filesystem::path& out, std::string_view experiment);

  const std::filesystem::path& folder() const { return folder_; }
  /// metrics.csv: a row per run, seed and epoch, units in the header, numbers that round-trip; a
  /// field is empty where nothing was measured.
  void write_metrics(std::span<const RunRecord> runs) const;
  /// summary.json: `info`, and per run the last measured values; null where nothing was measured.
  void write_summary(const ExperimentInfo& info, std::span<const RunRecord> runs) const;
  /// Any other file of the folder, e.g. report.md.
  void write_text(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path folder_;
};

/// The last value that was measured, NaN if none was: last_measured(run, &EpochMetrics::knn).
double last_measured(const RunRecord& run, double EpochMetrics::*field);

/// A CSV field, in quotes if it needs them.
std::string csv_field(std::string_view text);
/// The shortest decimal number that reads back as the same double; empty for NaN.
std::string csv_field(double value);

}  // namespace siam
