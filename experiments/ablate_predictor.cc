// Table 1 of the paper: what the predictor h is for. Without it the network collapses in spite of
// the stop-gradient; with h fixed at its initial values the network does not collapse, but does not
// learn either.

#include "experiments/study.h"

namespace siam {

Study ablate_predictor() {
  return {.name = "predictor",
          .title = "The predictor (paper, Sec. 4.2 and Table 1)",
          .description =
              "Trains SimSiam without a predictor, with a fixed one, and with its "
              "learning rate decayed or constant.",
          .paper = "decayed rate 67.7; none 0.1; fixed 1.5; constant rate 68.1",
          .runs =
              [](const Baseline& baseline) {
                Config decayed = baseline.config, none = decayed, fixed = decayed,
                       constant = decayed;
                decayed.constant_predictor_rate = false;
                constant.constant_predictor_rate = true;
                none.model.predictor = Predictor::none;
                fixed.model.predictor = Predictor::fixed;
                return std::vector<Run>{{"rate decayed", decayed, {.accuracy = 67.7}},
                                        {"no predictor", none, {.accuracy = 0.1}},
                                        {"fixed at random", fixed, {.accuracy = 1.5}},
                                        {"rate constant", constant, {.accuracy = 68.1}}};
              },
          .claims = [](const auto&) -> std::vector<Claim> {
            return {{"a predictor is needed", "rate decayed", "no predictor", "Table 1a"},
                    {"the predictor must learn", "rate decayed", "fixed at random", "Table 1b"},
                    {"a constant rate is better", "rate constant", "rate decayed", "Table 1c"}};
          },
          .look_for =
              {"No predictor: loss to -1, std to 0. With the symmetric loss its gradient has the "
               "direction of the one without stop-gradient, and half its length.",
               "A fixed predictor: std stays up and the loss high. Not a collapse: z cannot follow "
               "a random map of itself.",
               "A constant rate is slightly better than a decayed one in the paper: h should keep "
               "up with the latest z."},
          .decisions = {"Fixed: all parameters of h keep their initial values; its batch norm uses "
                        "the statistics of the batch."}};
}

}  // namespace siam
