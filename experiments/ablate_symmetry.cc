// Sec. 4.6 of the paper: the symmetric loss is not what prevents the collapse; it sees more pairs.

#include "experiments/study.h"

namespace siam {

Study ablate_symmetry() {
  return {.name = "symmetry",
          .title = "Symmetrisation (paper, Sec. 4.6)",
          .description =
              "Trains SimSiam with the symmetric loss, the asymmetric one, and the "
              "asymmetric one on two pairs of views.",
          .paper = "symmetric 68.1; asymmetric 64.8; two pairs 67.3",
          .runs =
              [](const Baseline& baseline) {
                Config symmetric = baseline.config;
                symmetric.constant_predictor_rate = true;
                Config asymmetric = symmetric;
                asymmetric.loss.symmetric = false;
                Config two_pairs = asymmetric;
                two_pairs.loss.pairs = 2;
                return std::vector<Run>{{"symmetric", symmetric, {.accuracy = 68.1}},
                                        {"asymmetric", asymmetric, {.accuracy = 64.8}},
                                        {"asymmetric, two pairs", two_pairs, {.accuracy = 67.3}}};
              },
          .claims = [](const auto&) -> std::vector<Claim> {
            return {{"the symmetric loss is better", "symmetric", "asymmetric", "Sec. 4.6"},
                    {"two pairs make up for most of it", "asymmetric, two pairs", "asymmetric",
                     "Sec. 4.6"}};
          },
          .look_for = {"std*sqrt(d) stays up in all three: no collapse.",
                       "Two pairs bring the asymmetric loss close to the symmetric one: symmetry "
                       "is denser sampling."},
          .decisions = {"Two pairs are four views of each image per step; the loss is the mean of "
                        "the two asymmetric terms."}};
}

}  // namespace siam
