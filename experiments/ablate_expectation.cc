// Sec. 5.2 of the paper: the predictor stands for an expectation over augmentations. A moving
// average of each image's z does that job without a predictor.

#include "experiments/study.h"

namespace siam {

Study ablate_expectation() {
  return {.name = "expectation",
          .title = "Moving average instead of a predictor (paper, Sec. 5.2)",
          .description =
              "Trains SimSiam without a predictor, with a moving average of each image's "
              "representation as its target and without.",
          .paper = "moving average 55.0; no predictor 0.1",
          .runs =
              [](const Baseline& baseline) {
                Config without = baseline.config;
                without.model.predictor = Predictor::none;
                Config average = without;
                average.objective.method = Method::expectation;
                average.objective.momentum = 0.8;
                return std::vector<Run>{{"moving average, m = 0.8", average, {.accuracy = 55.0}},
                                        {"no predictor", without, {.accuracy = 0.1}}};
              },
          .claims = [](const auto&) -> std::vector<Claim> {
            return {{"a moving average is better than nothing instead of a predictor",
                     "moving average, m = 0.8", "no predictor", "Sec. 5.2"},
                    {"with it the network learns without a predictor", "moving average, m = 0.8",
                     kUntrained, "Sec. 5.2"}};
          },
          .look_for = {"Both have no predictor. Without the average the network collapses; with it "
                       "std*sqrt(d) is held up."},
          .decisions = {"The slot of an image holds a mean of unit vectors; each view's target is "
                        "the slot moved by the other view, m eta + (1 - m) z/|z|, and the slot "
                        "keeps the mean of both. An image seen for the first time has the other "
                        "view as its target."}};
}

}  // namespace siam
