// Which augmentation matters? Not in the paper; Fig. 5 of SimCLR (arXiv 2002.05709) compares pairs
// of augmentations, and finds the crop in all good pairs.

#include "experiments/study.h"

namespace siam {

Study ablate_augmentation() {
  return {
      .name = "augmentation",
      .title = "Which augmentation matters (not in the paper; SimCLR, Fig. 5)",
      .description = "Trains SimSiam with its augmentation, and without one part of it at a time.",
      .paper = "not in the paper",
      .runs =
          [](const Baseline& baseline) {
            const Config all = baseline.config;
            std::vector<Run> runs = {{"all", all}};
            const auto without = [&](const char* name, const auto& change) {
              Config config = all;
              change(config.augment);
              runs.push_back({fmt::format("without {}", name), config});
            };
            without("crop", [](AugmentConfig& augment) {
              augment.min_scale = augment.max_scale = augment.max_aspect = 1;
            });
            without("colour jitter",
                    [](AugmentConfig& augment) { augment.jitter_probability = 0; });
            without("greyscale", [](AugmentConfig& augment) { augment.gray_probability = 0; });
            without("flip", [](AugmentConfig& augment) { augment.flip_probability = 0; });
            if (all.augment.blur_probability > 0)
              without("blur", [](AugmentConfig& augment) { augment.blur_probability = 0; });
            return runs;
          },
      .claims = [](const auto&) -> std::vector<Claim> {
        return {
            {"the crop matters most", "without colour jitter", "without crop", "SimCLR, Fig. 5"},
            {"colours matter", "all", "without colour jitter", "SimCLR, Fig. 5"}};
      },
      .look_for =
          {"Without the crop both views show the same pixels in different colours: the loss is "
           "low.",
           "Without jitter two crops share a colour histogram, which identifies an image among "
           "many: SimCLR's shortcut. On grey images the jitter changes brightness and contrast."},
      .decisions = {"Without the crop: the largest central square, resized. Everything else as in "
                    "the baseline; nothing retuned."}};
}

}  // namespace siam
