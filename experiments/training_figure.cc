#include "experiments/training_figure.h"

#include <cmath>

#include "tensor/check.h"

namespace siam {

namespace {

Panel panel(const TrainingFigure& content, const char* title, double EpochMetrics::*ours,
            double PaperPoint::*theirs, std::vector<double> y_shown) {
  Panel result{.title = title, .x_label = "epoch", .y_shown = y_shown};
  for (size_t i = 0; i < content.runs.size(); ++i) {
    const SeedGroup& run = content.runs[i];
    Series series{.label = run.mean.name, .color = static_cast<int>(i)};
    for (size_t e = 0; e < run.mean.epochs.size(); ++e) {
      series.x.push_back(run.mean.epochs[e].epoch);
      series.y.push_back(run.mean.epochs[e].*ours);
      if (run.seeds > 1) series.spread.push_back(run.deviation.epochs[e].*ours);
    }
    result.series.push_back(std::move(series));
  }
  for (const PaperCurve& curve : content.paper) {
    Series series{.label = curve.label, .color = curve.color, .reference = true};
    const double scale = content.epochs / curve.points.back().epoch;
    for (const PaperPoint& point : curve.points) {
      series.x.push_back(point.epoch * scale);
      series.y.push_back(point.*theirs);
    }
    result.series.push_back(std::move(series));
  }
  return result;
}

}  // namespace

Figure training_figure(const TrainingFigure& content) {
  const Panel loss = panel(content, "training loss", &EpochMetrics::loss, &PaperPoint::loss, {-1});
  const Panel std =
      panel(content, "std of z/‖z‖ × √d", &EpochMetrics::std, &PaperPoint::std, {0, 1});
  const RunRecord none;
  const RunRecord& first = content.runs.empty() ? none : content.runs[0].mean;
  if (!std::isnan(first.untrained.recall)) {
    Panel recall = panel(content, "recall@1 of a second view (%)", &EpochMetrics::recall,
                         &PaperPoint::knn, {0});
    recall.levels.push_back(
        {fmt::format("untrained {:.1f}", first.untrained.recall), first.untrained.recall});
    return {{loss, std, recall}};
  }
  Panel knn = panel(content, "kNN accuracy (%)", &EpochMetrics::knn, &PaperPoint::knn, {0});
  if (!std::isnan(content.chance)) {
    knn.levels.push_back({fmt::format("chance {:.3g}", content.chance), content.chance});
  }
  if (!std::isnan(first.untrained.knn))
    knn.levels.push_back(
        {fmt::format("untrained {:.1f}", first.untrained.knn), first.untrained.knn});
  return {{loss, std, knn}};
}

}  // namespace siam
