#pragma once
// The look of the paper's Fig. 2 for any set of runs: training loss, std*sqrt(d) and kNN accuracy
// against the epoch, side by side. Without labels, recall@1 of views replaces kNN.

#include <span>
#include <string>
#include <vector>

#include "experiments/figure.h"
#include "experiments/paper_curves.h"
#include "experiments/seeds.h"

namespace siam {

/// A curve of the paper, drawn over relative training time: its last epoch falls on `epochs` of
/// ours.
struct PaperCurve {
  std::string label = {};
  std::span<const PaperPoint> points = {};
  int color = 0;  ///< of the run it belongs to; run i has colour i
};

struct TrainingFigure {
  std::span<const SeedGroup> runs = {};  ///< with several seeds: mean, and a band of one deviation
  std::vector<PaperCurve> paper = {};
  int epochs = 0;  ///< the length of the runs as configured, even if one stopped before
  double chance = kNotMeasured;  ///< kNN accuracy of guessing, in percent; NaN: not drawn
};

/// The untrained network's kNN accuracy, or recall, is drawn as a level, if the first run has it.
Figure training_figure(const TrainingFigure& content);

}  // namespace siam
