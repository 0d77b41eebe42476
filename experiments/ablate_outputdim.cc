// Appendix B of the paper: the dimension d of z and p. The predictor's hidden layer has d / 4.

#include <algorithm>

#include "experiments/study.h"

namespace siam {

Study ablate_outputdim() {
  return {.name = "outputdim",
          .title = "Output dimension (paper, App. B)",
          .description =
              "Trains SimSiam with the preset's output dimension, a half, a quarter and "
              "an eighth of it.",
          .paper = "256 to 2048: 65.3, 67.2, 67.5, 68.1",
          .runs =
              [](const Baseline& baseline) {
                const std::vector<double> paper = {65.3, 67.2, 67.5, 68.1};
                std::vector<Run> runs;
                for (int i = 0; i < 4; ++i) {
                  Config config = baseline.config;
                  config.constant_predictor_rate = true;
                  config.model.dim = baseline.config.model.dim >> (3 - i);
                  config.model.predictor_hidden = std::max<int64_t>(1, config.model.dim / 4);
                  runs.push_back({fmt::format("d = {}", config.model.dim), config});
                  if (baseline.config.model.dim == 2048) runs.back().paper.accuracy = paper[i];
                }
                return runs;
              },
          .claims = [](const std::vector<Run>& runs) -> std::vector<Claim> {
            return {{"more dimensions are better", runs.back().name, runs.front().name, "App. B"}};
          },
          .look_for = {"The paper's accuracy grows with d and saturates. The projector's hidden "
                       "layers keep their width."}};
}

}  // namespace siam
