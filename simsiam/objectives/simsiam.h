#pragma once

#include "simsiam/config.h"
#include "simsiam/objective.h"

namespace siam {

/// The loss of the paper (eq. 2, 4) on the network's outputs for the views.
class SimSiamObjective : public Objective {
 public:
  SimSiamObjective(const Config& config, const SimSiam& model, const Communicator& ranks)
      : model_(model), loss_(config.loss), mode_(training_mode(config, ranks)) {}
  Result operator()(const Views& views) override;
  /// Parts of a batch exchange their statistics through the host.
  bool capturable() const override { return mode_.micro_batch == 0; }

 private:
  const SimSiam& model_;
  LossConfig loss_;
  Mode mode_;
};

}  // namespace siam
