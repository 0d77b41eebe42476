#pragma once
// All the measures by which a trained network is evaluated, from features that are computed once.

#include <functional>

#include "simsiam/evaluation/linear_probe.h"
#include "simsiam/evaluation/representation.h"

namespace siam {

/// A network's two outputs for the same images, not normalised. No labels.
struct Encoding {
  Tensor backbone;    ///< f32 [n,feature_width()]: globally pooled
  Tensor projection;  ///< f32 [n,d]: z; undefined unless asked for
};

/// Encodings of a whole data set, with its labels: the input of an evaluation and its probes.
struct FrozenFeatures {
  Encoding rows;                ///< of all images, in host memory: ImageNet's take 20 GB
  std::vector<int32_t> labels;  ///< [n]
};

struct EvaluationInput {
  FrozenFeatures train, test;  ///< with projections
  Encoding view1, view2;       ///< of the same test images, augmented
  int64_t classes;
  Device device = Device::cpu;  ///< for kNN and the probes
};

struct KnnResult {
  KnnConfig setting;
  double backbone, projection;  ///< percent
};

struct ProbeSweep {
  ProbeConfig config;  ///< its base learning rate is the recipe's own
  std::vector<ProbeResult> results;
};

struct Evaluation {
  std::vector<KnnResult> knn;      ///< of knn_grid()
  std::vector<ProbeSweep> probes;  ///< SGD and LARS, on the backbone's features
  int64_t panel_rows, view_rows;   ///< test images used for the panels, and pairs of views
  RepresentationPanel backbone, projection;
};

/// `probe_epochs` replaces the recipes' 100 and 90 if it is not negative; 0: no probes. `stage` is
/// told what is being done. The ranks, which have the same input except for the views, share the
/// work of kNN and probes and get the same numbers as a single one; rank 0 alone has the panels.
Evaluation evaluate(const EvaluationInput& input, int probe_epochs,
                    const std::function<void(const std::string&)>& stage,
                    const Communicator& ranks = alone());

/// The result of a sweep with the highest accuracy after the last epoch.
const ProbeResult& best_of(const ProbeSweep& sweep);

}  // namespace siam
