#pragma once

#include "simsiam/config.h"
#include "simsiam/objective.h"

namespace siam {

/// SimSiam as alternating optimisation (eq. 7-10, "multi-step alternation"): before every k steps,
/// the targets eta_x = F(T'(x)) of the next k batches are computed with the current weights, then k
/// steps of SGD are taken against them. With k = 1 this is SimSiam, bit for bit.
///
/// The paper leaves open how eta is computed. Here: batch norm in training mode on the batches of
/// the steps, without updating the running statistics, and from the same views that the steps then
/// use, which are generated a second time.
class Alternating : public Objective {
 public:
  Alternating(const Config& config, const SimSiam& model, RunSize size, const Communicator& ranks);
  Result operator()(const Views& views) override;
  int64_t window() const override { return targets_.dim(0); }
  void look_ahead(const Views& views) override;
  void visit(Registry& registry) override { registry.buffer("alternating.targets", targets_); }
  size_t bytes() const override { return targets_.bytes(); }

 private:
  Tensor target(int64_t step) const;

  const SimSiam& model_;
  const Communicator& ranks_;
  LossConfig loss_;
  Mode mode_;
  Tensor targets_;  ///< [k,views N,d] of the compute type: for all ranks, on each of them
};

}  // namespace siam
