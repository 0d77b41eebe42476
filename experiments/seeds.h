#pragma once
// Several seeds of one run become one curve and one row: mean and standard deviation.

#include <span>
#include <vector>

#include "simsiam/metrics.h"

namespace siam {

struct SeedGroup {
  RunRecord mean;       ///< of every measurement, over the seeds that have it
  RunRecord deviation;  ///< sample standard deviation; not measured with one seed
  int seeds = 0;
};

/// Runs of one name are one group, in the order of first appearance.
std::vector<SeedGroup> group_seeds(std::span<const RunRecord> runs);

}  // namespace siam
