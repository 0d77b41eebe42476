// Sec. 4.5 of the paper: the cosine is not what prevents the collapse; cross-entropy works too.

#include "experiments/study.h"

namespace siam {

Study ablate_similarity() {
  return {
      .name = "similarity",
      .title = "Similarity function (paper, Sec. 4.5)",
      .description =
          "Trains SimSiam with the cosine similarity and with the cross-entropy of "
          "softmaxes.",
      .paper = "cosine 68.1; cross-entropy 63.2",
      .runs =
          [](const Baseline& baseline) {
            Config cosine = baseline.config;
            cosine.constant_predictor_rate = true;
            Config entropy = cosine;
            entropy.loss.similarity = Similarity::cross_entropy;
            return std::vector<Run>{{"cosine", cosine, {.accuracy = 68.1}},
                                    {"cross-entropy", entropy, {.accuracy = 63.2}}};
          },
      .claims = [](const auto&) -> std::vector<Claim> {
        return {{"cosine is better than cross-entropy", "cosine", "cross-entropy", "Sec. 4.5"}};
      },
      .look_for = {"std*sqrt(d) stays up with both: no collapse.",
                   "The two losses have different scales: the cosine's is in [-1, 1], the "
                   "cross-entropy's in [0, log d] once p and z agree."},
      .decisions = {"Softmax over the d channels, without a temperature and without normalising "
                    "z or p; nothing retuned."}};
}

}  // namespace siam
