#pragma once
// The learning rates of a run (Sec. 3, App. A; the predictor's, Sec. 4.2).

#include "simsiam/config.h"
#include "tensor/schedule.h"

namespace siam {

struct LearningRates {
  double encoder, predictor;
};

/// The rates in an epoch, counted from 0: the cosine of the paper's code, which is constant within
/// an epoch. The predictor's may be constant, or 0.
LearningRates learning_rates(const Config& config, int epoch);

/// [encoder, predictor] for a whole run on its device, at step 0.
Schedule learning_rate_schedule(const Config& config, int64_t steps_per_epoch);

}  // namespace siam
