#include "simsiam/doctor.h"

#include <algorithm>
#include <cmath>

#include "simsiam/evaluation/representation.h"
#include "simsiam/features.h"

namespace siam {

namespace {

constexpr Regime kRegimes[] = {Regime::divergence, Regime::full_collapse,
                               Regime::dimensional_collapse, Regime::frozen_predictor};

// Healthy runs of all presets stay above 0.8; without stop-gradient std falls below 0.3 within
// three epochs, with the loss close to -1. Below 0.1 the run has collapsed, whatever the loss.
constexpr double kLowStd = 0.3, kNoStd = 0.1, kMinimalLoss = -0.95;
// Runs with far too much weight decay or far too large steps fall to 1 or 2 although std stays
// high; healthy ones end above 14, the moving average without predictor above 6, and untrained
// networks start at 6.
constexpr double kLowRank = 3;
// Those runs: SimSiam and its variants with the cosine, batches of at least 32, z of at least 32
// channels, epochs of at least 6,400 images. Elsewhere a low rank is not known to be a fault.
constexpr int64_t kMeasuredBatch = 32, kMeasuredDim = 32, kMeasuredImages = 6400;
// Rise of the loss above its best, twice in a row. What is compared are means over whole epochs
// with kSettledSteps or more steps together: those of healthy runs differ by 0.01. Shorter
// epochs are too noisy: with three steps and batches of 8 or 16, successive ones differ by 0.06.
constexpr double kRise = 0.1;
// Loss with the cosine. A random predictor reaches -0.16 in 75 steps and -0.2 in 125, learned ones
// -0.4 to -0.65 in 75.
constexpr double kHighLoss = -0.3;
constexpr size_t kSettledEpochs = 3;
constexpr int64_t kSettledSteps = 75;
// Steps after the warm-up, times their rate: those 75 had rates of 0.1 and more. ResNet-18 on 600
// photographs, with batches of 32 and a rate of 0.0125, takes 250 steps to the same loss.
constexpr double kSettledWay = 7.5;

struct Advice {
  std::string_view cause, remedy;
};

bool rank_speaks(const Config& config, int64_t steps_per_epoch) {
  return negative_cosine(config) && config.objective.method != Method::byol &&
         config.batch_size >= kMeasuredBatch && config.model.dim >= kMeasuredDim &&
         (steps_per_epoch + 1) * config.batch_size > kMeasuredImages;  // an epoch drops the rest
}

Advice full_collapse(const Config& config) {
  if (!config.loss.stop_gradient)
    return {"there is no stop-gradient", "restore it (paper, Sec. 4.1)"};
  if (config.model.predictor == Predictor::none)
    return {"there is no predictor", "restore it (paper, Sec. 4.2)"};
  if (config.model.head_norm == HeadNorm::none)
    return {"no batch norm in the heads, so that all projections share a direction",
            "batch norm after the hidden layers, or --warmup 10 (paper, Table 3a)"};
  return {"the predictor cannot follow the encoder",
          "a lower --lr, a predictor rate that does not decay, less --weight-decay"};
}

Advice divergence(const Config& config) {
  if (config.model.head_norm == HeadNorm::all)
    return {"batch norm at the predictor's output, which is unstable (paper, Table 3d)",
            "leave it out there"};
  if (config.warmup_epochs == 0 && config.batch_size >= 1024)
    return {"a large batch without warm-up", "--warmup 10, or a lower --lr"};
  return {"the learning rate is too high", "a lower --lr, or --warmup 10"};
}

Advice frozen_predictor(const Config& config) {
  if (config.model.predictor == Predictor::fixed)
    return {"the predictor is fixed at its initial values", "let it learn (paper, Table 1b)"};
  return {"the predictor hardly learns", "a higher --lr, or a predictor rate that does not decay"};
}

Advice advice(Regime regime, const Config& config) {
  switch (regime) {
    case Regime::full_collapse: return full_collapse(config);
    case Regime::divergence: return divergence(config);
    case Regime::frozen_predictor: return frozen_predictor(config);
    case Regime::dimensional_collapse: break;
  }
  return {"too strong a pull to few directions, or a network too small for the data",
          "less --weight-decay, a lower --lr, a larger --width"};
}

}  // namespace

std::string_view name_of(Regime regime) {
  constexpr std::string_view names[] = {"full collapse", "dimensional collapse", "divergence",
                                        "frozen predictor"};
  return names[static_cast<int>(regime)];
}

bool CollapseDoctor::loss_has_risen() const {
  const auto span =  // epochs in a mean
      static_cast<size_t>((kSettledSteps + steps_per_epoch_ - 1) / steps_per_epoch_);
  const size_t n = epochs_.size();
  if (n < 3 * span) return false;
  const auto mean = [&](size_t end) {
    double sum = 0;
    for (size_t i = end - span; i < end; ++i) sum += epochs_[i].loss;
    return sum / static_cast<double>(span);
  };
  double best = std::numeric_limits<double>::infinity();
  for (size_t end = span; end <= n - 2 * span; ++end) best = std::min(best, mean(end));
  const double limit = best + kRise * std::max(1.0, std::abs(best));
  return mean(n - span) > limit && mean(n) > limit;
}

bool CollapseDoctor::entered(Regime regime, const EpochMetrics& epoch, double rank) const {
  const bool collapsed = epoch.std < kNoStd || (epoch.std < kLowStd && epoch.loss < kMinimalLoss);
  const auto best = [&] {
    double least = std::numeric_limits<double>::infinity();
    for (const EpochMetrics& each : epochs_) least = std::min(least, each.loss);
    return least;
  };
  const auto settled_way = [&](int epochs) {
    return static_cast<double>((epochs - config_.warmup_epochs) * steps_per_epoch_) *
           config_.learning_rate();
  };
  const size_t n = epochs_.size();  // `epoch` is the last of them
  switch (regime) {
    case Regime::full_collapse: return collapsed;
    case Regime::dimensional_collapse:
      return !collapsed && rank < kLowRank && rank_speaks(config_, steps_per_epoch_);
    case Regime::divergence: return !std::isfinite(epoch.loss) || loss_has_risen();
    case Regime::frozen_predictor:
      return negative_cosine(config_) && config_.model.predictor != Predictor::none &&
             n >= kSettledEpochs && epoch.epoch * steps_per_epoch_ >= kSettledSteps &&
             settled_way(epoch.epoch) >= kSettledWay && !collapsed && best() > kHighLoss;
  }
  return false;
}

std::vector<std::string> CollapseDoctor::examine(const EpochMetrics& epoch, double rank) {
  epochs_.push_back(epoch);
  std::vector<std::string> findings;
  for (const Regime regime : kRegimes) {
    if (named_.count(regime) || !entered(regime, epoch, rank)) continue;
    named_.insert(regime);
    const Advice advised = advice(regime, config_);
    const std::string measured =
        std::isnan(rank) ? "" : fmt::format(", effective rank {:.1f}", rank);
    findings.push_back(fmt::format(
        "{} in epoch {} (loss {:.3f}, std {:.2f}{}); likely cause: {}; try: {}", name_of(regime),
        epoch.epoch, epoch.loss, epoch.std, measured, advised.cause, advised.remedy));
  }
  return findings;
}

double projection_rank(const SimSiam& model, std::shared_ptr<const Dataset> images,
                       const Config& config) {
  if (images->size() < kRankImages) return kNotMeasured;
  if (images->size() > kRankImages) images = subset(images, kRankImages);
  return effective_rank(frozen_features(model, *images, config, /*projection=*/true)
                            .rows.projection.to(config.device));
}

}  // namespace siam
