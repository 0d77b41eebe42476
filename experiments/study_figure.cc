#include "experiments/study_figure.h"

#include <cmath>

#include "experiments/figure.h"

namespace siam {

void draw_study_figure(const Study& study, const Experiment& experiment, int epochs) {
  const std::vector<SeedGroup> runs = group_seeds(experiment.runs);
  const std::filesystem::path folder = experiment.results.folder();
  if (study.map)
    draw_picture(heat_map_csv(*study.map, runs), heat_map_script(), folder, "figure");
  else
    draw_figure(
        training_figure(
            {.runs = runs, .paper = study.curves, .epochs = epochs, .chance = experiment.chance}),
        folder);
}

std::string figure_alternative(const Study& study, std::span<const RunRecord> runs) {
  if (study.map)
    return fmt::format("maps over {} and {}: {}", study.map->column.title, study.map->row.title,
                       heat_map_summary(group_seeds(runs)));
  return runs.empty() || std::isnan(runs[0].untrained.recall)
             ? "training loss, std and kNN accuracy against the epoch"
             : "training loss, std and recall of views against the epoch";
}

}  // namespace siam
