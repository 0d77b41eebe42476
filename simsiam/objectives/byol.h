#pragma once

#include "simsiam/config.h"
#include "simsiam/objective.h"

namespace siam {

/// BYOL (Grill et al. 2020) in the same code: SimSiam whose targets come from a second encoder that
/// follows the first, xi <- m xi + (1 - m) theta.
class Byol : public Objective {
 public:
  Byol(const Config& config, const SimSiam& model, const Communicator& ranks);
  Result operator()(const Views& views) override;
  void updated(const FlatParameters& online, const Tensor& finite) override;
  bool capturable() const override { return mode_.micro_batch == 0; }
  void visit(Registry& registry) override;
  size_t bytes() const override { return parameters_.bytes(); }

 private:
  const SimSiam& model_;
  LossConfig loss_;
  Mode mode_;
  double momentum_;
  SimSiam target_;
  Registry target_registry_;
  FlatParameters parameters_;  ///< of target_
};

}  // namespace siam
