// Sec. 5.2 of the paper: SimSiam as alternating optimisation of weights and targets (eq. 7-10). If
// it is that, several SGD steps between two computations of the targets must work as well.

#include <algorithm>

#include "experiments/study.h"

namespace siam {

Study ablate_alternating() {
  return {
      .name = "alternating",
      .title = "Multi-step alternation (paper, Sec. 5.2)",
      .description =
          "Trains SimSiam as alternating optimisation: 1, 10, 100 steps of SGD and an "
          "epoch of them against targets computed beforehand.",
      .paper = "1, 10, 100 steps, 1 epoch: 68.1, 68.7, 68.9, 67.0",
      .runs =
          [](const Baseline& baseline) {
            const int64_t epoch = baseline.train_samples / baseline.config.batch_size;
            auto with = [&](int64_t steps) {
              Config config = baseline.config;
              config.constant_predictor_rate = true;
              config.objective.method = Method::alternating;
              config.objective.steps_per_target = std::min(steps, epoch);
              return config;
            };
            return std::vector<Run>{{"1 step (SimSiam)", with(1), {.accuracy = 68.1}},
                                    {"10 steps", with(10), {.accuracy = 68.7}},
                                    {"100 steps", with(100), {.accuracy = 68.9}},
                                    {"1 epoch", with(epoch), {.accuracy = 67.0}}};
          },
      .claims = [](const auto&) -> std::vector<Claim> {
        return {
            {"10 steps are as good as one", "10 steps", "1 step (SimSiam)", "Sec. 5.2",
             Claim::Order::alike, 1},
            {"100 steps are as good as one", "100 steps", "1 step (SimSiam)", "Sec. 5.2",
             Claim::Order::alike, 1},
            {"an epoch works, and is a little worse", "1 step (SimSiam)", "1 epoch", "Sec. 5.2"}};
      },
      .look_for = {"No collapse for any number of steps, and 10 or 100 are as good as one: SimSiam "
                   "behaves like the alternating optimisation of the hypothesis.",
                   "If an epoch has 100 steps or fewer, the last two runs are the same."},
      .decisions = {"The targets are computed with batch norm in training mode on the batches of "
                    "the steps, leaving no trace in the running statistics, so that one step is "
                    "SimSiam bit for bit.",
                    "z of both views is kept, and the steps use the same two views, drawn again."}};
}

}  // namespace siam
