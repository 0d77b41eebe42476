// Fig. 2 of the paper: SimSiam with and without the stop-gradient. Nothing else changes, but
// without it the network collapses: the loss reaches its minimum, -1, with all images mapped to one
// vector.

#include "experiments/study.h"

namespace siam {

Study ablate_stopgrad() {
  return {.name = "stopgrad",
          .title = "With and without stop-gradient (paper, Sec. 4.1 and Fig. 2)",
          .description =
              "Trains SimSiam with and without the stop-gradient and redraws Fig. 2 of the paper.",
          .paper = "with 67.7; without 0.1",
          .runs =
              [](const Baseline& baseline) {
                Config with = baseline.config;
                Config without = with;
                without.loss.stop_gradient = false;
                const std::vector<int> epochs = {0, 1, 2, 5, 10};  // to show the cloud collapse
                return std::vector<Run>{
                    {"with stop-gradient", with, {-0.934, 0.939, 52.3, 67.7}, epochs},
                    {"without stop-gradient", without, {-1.0, 0.0, 0.1, 0.1}, epochs}};
              },
          .claims = [](const auto&) -> std::vector<Claim> {
            return {{"the stop-gradient is needed", "with stop-gradient", "without stop-gradient",
                     "Sec. 4.1, Fig. 2"}};
          },
          .look_for =
              {"Loss: without the stop-gradient it falls to -1 at once, the best possible value. A "
               "low loss does not mean a good representation.",
               "std*sqrt(d): the deviation of each channel of z/|z| over the images. It stays near "
               "1 with the stop-gradient and goes to 0 without: all images have the same "
               "representation. Loss at -1 and std at 0 together mean collapse.",
               "kNN accuracy of the backbone's features; the thin lines are chance and the "
               "untrained network. A collapsed network may keep much of the untrained one's "
               "accuracy for a while, since the gradient through a collapsed head is small.",
               "The paper's curves, drawn thin over relative training time, are for ResNet-50 on "
               "ImageNet and 100 epochs; chance is 0.1 % there."},
          .curves = {{"paper, with", kPaperWithStopGradient, 0},
                     {"paper, without", kPaperWithoutStopGradient, 1}},
          .neighbours = true};
}

}  // namespace siam
