#pragma once
// What is measured and recorded while a run trains. Plain values: the trainer fills them in; the
// experiments write, plot and tabulate them.

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace siam {

inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

struct EpochMetrics {
  int epoch = 0;               ///< epochs finished, so the first row has 1
  double loss = kNotMeasured;  ///< mean over the epoch's steps; in [-1, 1] with the cosine
                               ///< (negative_cosine())
  /// Collapse statistic (paper Fig. 2, middle): std over samples of each channel of z/|z|, averaged
  /// over the d channels, times sqrt(d). 1 for isotropic directions, 0 when all samples give one
  /// direction.
  double std = kNotMeasured;
  double knn = kNotMeasured;  ///< kNN accuracy in percent; labelled data only
  double learning_rate = kNotMeasured;
  double seconds = kNotMeasured;  ///< wall clock of the epoch's training, monitor not included
  double images_per_second = kNotMeasured;  ///< images (not views) trained on per second
  double data_wait = kNotMeasured;          ///< share of `seconds` spent waiting for data, 0 to 1
  // For data without labels (monitor.h), from two views of each of some images.
  double recall = kNotMeasured;     ///< recall@1 in percent: the nearest is the same image's view
  double alignment = kNotMeasured;  ///< of the projections: 0 if views agree, 2 if unrelated
  /// Of the projections, 1 to d: low if they lie along few directions, whatever std says. With
  /// labels, of test images without augmentation (projection_rank()).
  double effective_rank = kNotMeasured;
  /// Accuracy of a linear probe of the backbone's features, in percent; after the last epoch, if
  /// requested.
  double linear = kNotMeasured;
};

/// The measurements of an epoch, for all code that writes, reads or averages them.
struct Measurement {
  const char* name;   ///< in a run's record
  const char* title;  ///< a column's heading, with its unit
  double EpochMetrics::*field;
};
inline constexpr Measurement kMeasurements[] = {
    {"loss", "loss", &EpochMetrics::loss},
    {"std*sqrt(d)", "std*sqrt(d)", &EpochMetrics::std},
    {"knn", "kNN accuracy (%)", &EpochMetrics::knn},
    {"learning_rate", "learning rate", &EpochMetrics::learning_rate},
    {"seconds", "time (s)", &EpochMetrics::seconds},
    {"images_per_second", "speed (images/s)", &EpochMetrics::images_per_second},
    {"data_wait", "waiting for data (share of time)", &EpochMetrics::data_wait},
    {"recall", "recall@1 of a second view (%)", &EpochMetrics::recall},
    {"alignment", "alignment of views", &EpochMetrics::alignment},
    {"effective_rank", "effective rank", &EpochMetrics::effective_rank},
    {"linear", "linear accuracy (%)", &EpochMetrics::linear},
};

using ConfigValue = std::variant<bool, int64_t, double, std::string>;
/// Settings by name, in the order to print them.
using ConfigEntries = std::vector<std::pair<std::string, ConfigValue>>;

struct RunRecord {
  std::string name = {};  ///< as shown in tables and legends: "with stop-gradient"
  ConfigEntries config = {};
  uint64_t seed = 0;
  std::string id = {};  ///< under which it is stored
  bool reused = false;  ///< trained for another experiment, or earlier
  std::vector<EpochMetrics> epochs = {};
  EpochMetrics untrained = {};  ///< what the monitor measures of the network as initialised
  /// Wall clock of the finished epochs' training, monitors not included. A resumed run counts all.
  double seconds = 0;
  /// "running", "completed", or why it ended: "diverged: loss not finite at step 123".
  std::string status = "running";
};

/// Whether it ended because its numbers were no longer finite.
inline bool diverged(const RunRecord& run) { return run.status.starts_with("diverged"); }

}  // namespace siam
