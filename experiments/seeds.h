#pragma once
// Combines several seeds of one run into one curve and one row: mean and standard deviation.

#include <span>
#include <vector>

#include "simsiam/metrics.h"

namespace siam {

struct SeedGroup {
  RunRecord mean;       ///< of every measurement, over the seeds that have it
  RunRecord deviation;  ///< sample standard deviation; not measured with one seed
  int seeds = 0;
};

/// Runs with the same name form a group, in the order of first appearance.
std::vector<SeedGroup> group_seeds(std::span<const RunRecord> runs);

}  // namespace siam
