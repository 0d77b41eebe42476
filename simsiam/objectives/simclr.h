#pragma once

#include "simsiam/config.h"
#include "simsiam/objective.h"

namespace siam {

/// Which views are of the same image. This does not change from step to step, so it is made once.
/// Columns are the views of all ranks, rank by rank, and rows are those of this rank: [2 N / size,2
/// N].
struct ViewPairs {
  Tensor self;      ///< f32: added to logits, it excludes a view from comparison with itself
  Tensor positive;  ///< f32: 1 for the other view of the row's image, else 0

  /// `rows`: of this rank.
  ViewPairs(int64_t rows, Device device, const Communicator& ranks = alone());
};

/// NT-Xent (Chen et al. 2020, SimCLR, eq. 1): cross-entropy of finding the other view of an image
/// among all 2 N - 1 other views of the batch, by cosine / temperature. z [2 N / size,d], f32, is
/// this rank's; the result is the mean over its rows.
Variable nt_xent(const Variable& z, double temperature, const ViewPairs& pairs,
                 const Communicator& ranks = alone());

/// SimCLR (Chen et al. 2020) in the same code: negatives instead of stop-gradient and predictor.
class SimClrObjective : public Objective {
 public:
  SimClrObjective(const Config& config, const SimSiam& model, RunSize size,
                  const Communicator& ranks)
      : model_(model),
        ranks_(ranks),
        mode_(training_mode(config, ranks)),
        temperature_(config.objective.temperature),
        pairs_(2 * size.batch_size / ranks.size(), config.device, ranks) {}
  Result operator()(const Views& views) override;
  bool capturable() const override { return mode_.micro_batch == 0; }
  size_t bytes() const override { return pairs_.self.bytes() + pairs_.positive.bytes(); }

 private:
  const SimSiam& model_;
  const Communicator& ranks_;
  Mode mode_;
  double temperature_;
  ViewPairs pairs_;
};

}  // namespace siam
