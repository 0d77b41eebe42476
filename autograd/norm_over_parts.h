#pragma once
// Batch norm over a batch that is seen in parts.

#include <vector>

#include "tensor/batch_norm.h"
#include "tensor/math.h"

namespace siam {

/// What one batch norm must know of the whole batch while it sees the batch part by part: the
/// statistics going forward and the two sums going back (tensor/batch_norm.h). A pass over all
/// parts gathers them, the next uses them. Before anything is known a part's own stand in for them,
/// so where one batch norm follows another the second one's are right one pass later.
class NormOverParts {
 public:
  /// Adds a part with `rows` rows in each group. Returns the statistics to normalise it with.
  BatchStatistics statistics(const BatchStatistics& part, int64_t rows);
  /// Adds a part's sums [G,C,2]. Returns those to use.
  Tensor sums(const Tensor& part);
  /// Rows in each group of the whole batch once it is known; else those of the part.
  int64_t rows(int64_t part) const { return rows_ > 0 ? rows_ : part; }
  /// What was gathered is now known.
  void end_pass();

 private:
  int64_t rows_ = 0, gathered_rows_ = 0;
  BatchStatistics known_;
  Tensor known_sums_;
  std::vector<math::Moments<double>> gathered_;  ///< [G,C]
  Tensor gathered_sums_;                         ///< f64 [G,C,2] in host memory
  Tensor like_;                                  ///< shape, type and device of the statistics
};

}  // namespace siam
