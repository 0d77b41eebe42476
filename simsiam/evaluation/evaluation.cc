#include "simsiam/evaluation/evaluation.h"

#include <algorithm>

#include "tensor/rows.h"

namespace siam {

namespace {

// Rows used for the panel: the entropies and the pairs need no more, and the cost of the Gram
// matrix and the pairs is quadratic in them.
constexpr int64_t kPanelRows = 10000;

// Around the recipes' own rates, which are for ImageNet and features of 2048 channels. LARC moves a
// weight by a share of its norm per step: with few images, and so few steps, the high rates are
// needed.
constexpr double kSgdRates[] = {0.03, 0.3, 3, 30};
constexpr double kLarsRates[] = {0.02, 0.1, 0.5, 2.5, 12.5};

// At most `most` of x's rows, evenly spaced; x itself if it has no more.
Tensor spread_rows(const Tensor& x, int64_t most) {
  const int64_t rows = x.dim(0);
  if (rows <= most) return x;
  const Tensor chosen = Tensor::empty({most, x.dim(1)}, x.dtype(), x.device());
  for (int64_t i = 0; i < most; ++i) {
    const int64_t row = i * rows / most;
    chosen.rows(i, i + 1).copy_from(x.rows(row, row + 1));
  }
  return chosen;
}

}  // namespace

Evaluation evaluate(const EvaluationInput& input, int probe_epochs,
                    const std::function<void(const std::string&)>& stage,
                    const Communicator& ranks) {
  Evaluation evaluation{};
  stage("nearest neighbours");
  const std::vector<KnnConfig> grid = knn_grid();
  const auto knn = [&](Tensor Encoding::*rows) {
    const auto bank = [&](const FrozenFeatures& of) {
      return FeatureBank{normalize_rows(of.rows.*rows).to(input.device), of.labels};
    };
    return knn_accuracies(bank(input.train), bank(input.test), input.classes, grid, ranks);
  };
  const std::vector<double> backbone = knn(&Encoding::backbone);
  const std::vector<double> projection = knn(&Encoding::projection);
  for (size_t i = 0; i < grid.size(); ++i)
    evaluation.knn.push_back({grid[i], backbone[i], projection[i]});

  stage("representation");
  const auto panel = [&](Tensor Encoding::*rows) {
    const Tensor chosen = spread_rows(input.test.rows.*rows, kPanelRows).to(input.device);
    evaluation.panel_rows = chosen.dim(0);
    return representation_panel(chosen, input.view1.*rows, input.view2.*rows);
  };
  if (ranks.rank() == 0) {
    evaluation.view_rows = input.view1.backbone.dim(0);
    evaluation.backbone = panel(&Encoding::backbone);
    evaluation.projection = panel(&Encoding::projection);
  }

  if (probe_epochs == 0) return evaluation;
  const auto probe = [&](const char* name, ProbeConfig config, std::span<const double> rates) {
    if (probe_epochs > 0) config.epochs = probe_epochs;
    config.device = input.device;
    config.batch_size = std::min(config.batch_size, input.train.rows.backbone.dim(0));
    evaluation.probes.push_back(
        {config,
         probe_sweep(
             {input.train.rows.backbone, input.train.labels},
             {input.test.rows.backbone, input.test.labels}, input.classes, config, rates,
             [&](double rate) { stage(fmt::format("linear probe, {}, base rate {}", name, rate)); },
             ranks)});
  };
  probe("SGD", ProbeConfig::sgd(), kSgdRates);
  probe("LARS", ProbeConfig::lars(), kLarsRates);
  return evaluation;
}

const ProbeResult& best_of(const ProbeSweep& sweep) {
  return *std::max_element(
      sweep.results.begin(), sweep.results.end(),
      [](const ProbeResult& a, const ProbeResult& b) { return a.last < b.last; });
}

}  // namespace siam
