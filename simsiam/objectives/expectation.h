#pragma once

#include "simsiam/config.h"
#include "simsiam/objective.h"

namespace siam {

/// The moving average that stands for the expectation over augmentations (Sec. 5.2): a slot per
/// image, eta_x <- m eta_x + (1 - m) F(T'(x)), is the target, and no predictor is needed.
///
/// The paper leaves the details open. Here: F is normalised to unit length; each view's target is
/// the slot as updated by the other view; the slot then keeps the mean of both; the first time an
/// image is seen, each view's target is the other view. Each rank keeps all slots.
class Expectation : public Objective {
 public:
  Expectation(const Config& config, const SimSiam& model, RunSize size, const Communicator& ranks);
  Result operator()(const Views& views) override;
  void visit(Registry& registry) override { registry.buffer("expectation.eta", eta_); }
  size_t bytes() const override { return eta_.bytes(); }

 private:
  const SimSiam& model_;
  const Communicator& ranks_;
  LossConfig loss_;
  Mode mode_;
  float momentum_;
  Tensor eta_;  ///< f32 [samples,d] in host memory; zeros for images not seen yet
};

}  // namespace siam
