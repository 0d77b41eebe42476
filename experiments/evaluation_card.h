#pragma once
// An evaluation as JSON for programs and as Markdown tables for people.

#include <string>

#include "simsiam/checkpoint_config.h"
#include "simsiam/evaluation/evaluation.h"

namespace siam {

/// Where the numbers come from.
struct EvaluationSource {
  std::string checkpoint;
  std::string command_line;
  std::string dataset;      ///< "CIFAR-10"
  std::string fingerprint;  ///< of the training images whose features were used
  int64_t train_images, test_images;
  /// Number of images that the network was trained on, if they are of this data set; otherwise 0.
  /// The smaller of this and train_images is a subset of the larger (subset()).
  int64_t trained_images;
};

std::string evaluation_json(const EvaluationSource& source, const TrainedModel& trained,
                            const Evaluation& evaluation);

/// The evaluation card.
std::string evaluation_card(const EvaluationSource& source, const TrainedModel& trained,
                            const Evaluation& evaluation);

}  // namespace siam
