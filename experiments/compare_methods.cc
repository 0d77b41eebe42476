// Fig. D.1 and Table 4 of the paper: SimSiam compared with SimCLR (negatives) and BYOL (momentum
// encoder), in the same code and with the same recipe.

#include "experiments/study.h"

namespace siam {

Study compare_methods() {
  return {
      .name = "methods",
      .title = "SimSiam, SimCLR and BYOL (paper, App. D and Sec. 6)",
      .description = "Trains SimSiam, SimCLR and BYOL with one recipe.",
      .paper = "SimSiam 91.8; SimCLR 91.1 (CIFAR-10)",
      .runs =
          [](const Baseline& baseline) {
            Config simsiam = baseline.config, simclr = simsiam, byol = simsiam;
            simclr.objective.method = Method::simclr;
            simclr.model.predictor = Predictor::none;
            byol.objective.method = Method::byol;
            byol.objective.momentum = 0.99;
            return std::vector<Run>{{"SimSiam", simsiam, {.knn = 90.1, .accuracy = 91.8}},
                                    {"SimCLR", simclr, {.knn = 89.7, .accuracy = 91.1}},
                                    {"BYOL", byol}};
          },
      .claims = [](const auto&) -> std::vector<Claim> {
        return {{"SimSiam is better than SimCLR in long training", "SimSiam", "SimCLR", "App. D"},
                {"SimSiam is better than BYOL in short training", "SimSiam", "BYOL",
                 "Table 4, 100 epochs"}};
      },
      .look_for = {"SimSiam starts slower than SimCLR and passes it near epoch 160 of the paper's "
                   "800; short runs favour SimCLR.",
                   "SimCLR's loss (NT-Xent) has a scale of its own."},
      .decisions =
          {"SimCLR: temperature 0.5, the same projector. BYOL: SimSiam's heads and recipe, "
           "a target encoder with momentum 0.99, constant."},
      .paper_accuracy = "paper: CIFAR-10 linear (%)"};
}

}  // namespace siam
