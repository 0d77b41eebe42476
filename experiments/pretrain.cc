// Trains the baseline for its weights: Table 4 and Fig. D.1 of the paper.

#include "experiments/paper_numbers.h"
#include "experiments/study.h"

namespace siam {

Study pretrain() {
  return {.name = "pretrain",
          .title = "SimSiam, the baseline (paper, Sec. 3, Table 4 and Fig. D.1)",
          .description =
              "Pretrains SimSiam with the recipe of a preset; its checkpoint is in "
              "<out>/runs/, named in report.md.",
          .paper = "67.7; CIFAR-10 91.8",
          .runs =
              [](const Baseline& baseline) {
                const Config& config = baseline.config;
                const Method method = config.objective.method;
                if (method != Method::simsiam)
                  return std::vector<Run>{{std::string(name_of(method)), config}};
                return std::vector<Run>{{"SimSiam", config, {.accuracy = paper_baseline(config)}}};
              },
          .look_for = {"The loss does not tell a good run from a bad one; std·√d near 0 or a rank "
                       "near 1 show a collapse, and the kNN accuracy whether it learns.",
                       "The paper's recipe for CIFAR-10 (800 epochs) ends at kNN 90.1 % and 91.8 % "
                       "linear, passing 74.5 % kNN at epoch 100."},
          .neighbours = true};
}

}  // namespace siam
