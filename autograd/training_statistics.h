#pragma once
// What a batch norm normalises with while it learns.

#include "autograd/ops.h"

namespace siam {

struct TrainingStatistics {
  BatchStatistics values;  ///< [groups,C]
  int64_t rows;            ///< in each group
};

/// Statistics of x in `groups` equal parts of the batch: `known` if they came with x, else computed
/// here. They update the running ones. Where x is but a part of the batch, `parts` knows of the
/// others. Error if there is one row in a group.
TrainingStatistics training_statistics(const Tensor& x, const BatchStatistics& known,
                                       const BatchNormState& state, int groups,
                                       NormOverParts* parts);

}  // namespace siam
