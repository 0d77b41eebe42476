#pragma once
// Diagnoses faults while a run trains. What each regime looks like is known from the paper (Fig. 2
// and Table 1: collapse, fixed predictor; Table 3d: a loss that does not settle) and from Jing et
// al. (ICLR 2022, dimensional collapse).

#include <set>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "simsiam/config.h"

namespace siam {

enum class Regime { full_collapse, dimensional_collapse, divergence, frozen_predictor };
std::string_view name_of(Regime regime);

/// Images over which the effective rank is measured; its threshold was calibrated for this number
/// only.
constexpr int64_t kRankImages = 1024;

class CollapseDoctor {
 public:
  /// Causes are looked for in the configuration first.
  CollapseDoctor(const Config& config, int64_t steps_per_epoch)
      : config_(config), steps_per_epoch_(steps_per_epoch) {}

  /// Examines the epoch that has just ended, and those before it. `rank` is the epoch's
  /// projection_rank(), or the rank of kRankImages views; NaN if it was not measured. Returns a
  /// line for each regime entered: what was seen, the likely cause, what to try. Each regime is
  /// named once in a run; a healthy run is silent.
  std::vector<std::string> examine(const EpochMetrics& epoch, double rank = kNotMeasured);

 private:
  bool loss_has_risen() const;
  bool entered(Regime regime, const EpochMetrics& epoch, double rank) const;

  Config config_;
  int64_t steps_per_epoch_;
  std::vector<EpochMetrics> epochs_;
  std::set<Regime> named_;
};

/// Effective rank of the projections z of 1,024 images, under the test transform; NaN if there are
/// fewer, since their rank means something else.
double projection_rank(const SimSiam& model, std::shared_ptr<const Dataset> images,
                       const Config& config);

}  // namespace siam
