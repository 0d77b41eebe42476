#include "autograd/training_statistics.h"

#include "autograd/norm_over_parts.h"

namespace siam {

TrainingStatistics training_statistics(const Tensor& x, const BatchStatistics& known,
                                       const BatchNormState& state, int groups,
                                       NormOverParts* parts) {
  BatchStatistics statistics = known.mean.defined() ? known : batch_statistics(x, groups);
  int64_t rows = x.shape().rows() / groups;
  if (parts != nullptr) {
    statistics = parts->statistics(statistics, rows);
    rows = parts->rows(rows);
  }
  check(parts != nullptr || rows >= 2,
        "batch_norm: {} value per channel; more than one is needed: use a larger batch", rows);
  if (state.running_mean.defined())
    update_running(statistics, rows, state.momentum, state.running_mean, state.running_variance);
  return {statistics, rows};
}

}  // namespace siam
