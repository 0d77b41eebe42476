// At which learning rate and batch size does SimSiam collapse? Not in the paper, whose Table 2 has
// one rate; most reports of a collapse come down to these two.

#include "experiments/study.h"

namespace siam {

Study map_collapse() {
  return {
      .name = "collapse_map",
      .title = "Where SimSiam collapses: learning rate and batch size (not in the paper)",
      .description =
          "Trains SimSiam on a grid of base learning rates, from a quarter of the preset's to 64 "
          "times as high, and batch sizes, from a quarter to four times as large, and draws where "
          "it collapses.",
      .paper = "not in the paper",
      .runs =
          [](const Baseline& baseline) {
            std::vector<Run> runs;
            // The same factor on both axes: on a falling diagonal the rate per step is the same.
            for (const double rate : {0.25, 1.0, 4.0, 16.0, 64.0})
              for (const double size : {0.25, 1.0, 4.0}) {
                Config config = baseline.config;
                config.knn_every = config.epochs;  // the map shows only the end
                config.base_learning_rate *= rate;
                config.batch_size =
                    static_cast<int64_t>(size * static_cast<double>(config.batch_size));
                if (config.batch_size < 2 || config.batch_size > baseline.train_samples) continue;
                runs.push_back({fmt::format("rate {:.6g}, batch {}", config.base_learning_rate,
                                            config.batch_size),
                                config});
              }
            return runs;
          },
      .look_for =
          {"std*sqrt(d) near 0: all images have the same representation. A rank near 1 while "
           "std*sqrt(d) is high: all lie along a line, at z or -z. That is a collapse, too, and "
           "comes first as the rate rises.",
           "Rows against columns: whether the base rate decides, or the rate per step, which is "
           "the base rate times batch / 256. Both axes have the factor 4, so the latter is the "
           "same on every falling diagonal.",
           "kNN accuracy compared with the untrained network's: what is left of the features."},
      .decisions =
          {"The values are those after the last epoch, std*sqrt(d) being the mean over its steps: "
           "a run that recovers does not count as a collapse. A run whose numbers stop being "
           "finite has diverged, whatever it had measured before.",
           "All sizes train for the same number of epochs, so small batches take more steps."},
      .map = MapAxes{{"batch_size", "batch size"}, {"base_learning_rate", "base learning rate"}}};
}

}  // namespace siam
