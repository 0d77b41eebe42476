#pragma once
// The objectives behind make_objective().

#include "simsiam/config.h"
#include "simsiam/objective.h"

namespace siam {

/// Algorithm 1 of the paper.
class SimSiamObjective : public Objective {
 public:
  SimSiamObjective(const Config& config, const SimSiam& model)
      : model_(model), loss_(config.loss), mode_(training_mode(config)) {}
  Result operator()(const Views& views) override;
  /// Parts of a batch exchange their statistics by way of the host.
  bool capturable() const override { return mode_.micro_batch == 0; }

 private:
  const SimSiam& model_;
  LossConfig loss_;
  Mode mode_;
};

/// SimSiam as alternating optimisation (eq. 7-10, "multi-step alternation"): before every k steps,
/// the targets eta_x = F(T'(x)) of the k batches to come are computed with the weights as they are,
/// then k steps of SGD are taken against them. With k = 1 this is SimSiam, bit for bit.
///
/// The paper leaves open how eta is computed. Here: batch norm in training mode on the batches of
/// the steps, without a trace in the running statistics, and from the very views that the steps
/// then use, which are drawn a second time.
class Alternating : public Objective {
 public:
  Alternating(const Config& config, const SimSiam& model, RunSize size);
  Result operator()(const Views& views) override;
  int64_t window() const override { return targets_.dim(0); }
  void look_ahead(const Views& views) override;
  void visit(Registry& registry) override { registry.buffer("alternating.targets", targets_); }
  size_t bytes() const override { return targets_.bytes(); }

 private:
  Tensor target(int64_t step) const;

  const SimSiam& model_;
  LossConfig loss_;
  Mode mode_;
  Tensor targets_;  ///< [k,views N,d] of the compute type
};

/// The moving average that stands for the expectation over augmentations (Sec. 5.2): a slot per
/// image, eta_x <- m eta_x + (1 - m) F(T'(x)), is the target, and no predictor is needed.
///
/// The paper leaves the details open. Here: F is normalised to unit length; each view's target is
/// the slot moved by the other view; the slot then keeps the mean of both; an image seen for the
/// first time has the other view as its target.
class Expectation : public Objective {
 public:
  Expectation(const Config& config, const SimSiam& model, RunSize size);
  Result operator()(const Views& views) override;
  void visit(Registry& registry) override { registry.buffer("expectation.eta", eta_); }
  size_t bytes() const override { return eta_.bytes(); }

 private:
  const SimSiam& model_;
  LossConfig loss_;
  Mode mode_;
  float momentum_;
  Tensor eta_;  ///< f32 [samples,d] in host memory; zeros where an image was not seen yet
};

/// SimCLR (Chen et al. 2020) in the same code: negatives instead of stop-gradient and predictor.
class SimClrObjective : public Objective {
 public:
  SimClrObjective(const Config& config, const SimSiam& model)
      : model_(model), mode_(training_mode(config)), temperature_(config.objective.temperature) {}
  Result operator()(const Views& views) override;

 private:
  const SimSiam& model_;
  Mode mode_;
  double temperature_;
};

/// BYOL (Grill et al. 2020) in the same code: SimSiam whose targets come from a second encoder that
/// follows the first one, xi <- m xi + (1 - m) theta.
class Byol : public Objective {
 public:
  Byol(const Config& config, const SimSiam& model);
  Result operator()(const Views& views) override;
  void updated(const FlatParameters& online, const Tensor& finite) override;
  void visit(Registry& registry) override;
  size_t bytes() const override { return parameters_.values.bytes(); }

 private:
  const SimSiam& model_;
  LossConfig loss_;
  Mode mode_;
  double momentum_;
  SimSiam target_;
  Registry target_registry_;
  FlatParameters parameters_;  ///< of target_
};

/// Error if the machine has less free memory.
void need_memory(std::string_view what, uint64_t bytes, Device device);

}  // namespace siam
