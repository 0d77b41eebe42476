#pragma once
// Batch norm over a batch of which only a part is at hand.

#include <vector>

#include "tensor/batch_norm.h"
#include "tensor/communicator.h"
#include "tensor/math.h"

namespace siam {

/// What one batch norm must know of the whole batch while it has a part of it: the statistics going
/// forward and the two sums going back (tensor/batch_norm.h).
class NormOverParts {
 public:
  virtual ~NormOverParts() = default;
  /// From those of this part, which has `rows` rows in each group, the statistics to normalise it
  /// with.
  virtual BatchStatistics statistics(const BatchStatistics& part, int64_t rows) = 0;
  /// From the part's sums [G,C,2] those to use.
  virtual Tensor sums(const Tensor& part) = 0;
  /// Rows in each group of the whole batch; of the part where no more is known.
  virtual int64_t rows(int64_t part) const = 0;
};

/// Statistics of the batch of which each rank has an equal part, with `rows` rows in each group.
BatchStatistics over_ranks(const Communicator& ranks, const BatchStatistics& part, int64_t rows);

/// Each rank has an equal part of the batch.
class NormOverRanks : public NormOverParts {
 public:
  /// `ranks` must outlive it.
  explicit NormOverRanks(const Communicator& ranks) : ranks_(ranks) {}
  BatchStatistics statistics(const BatchStatistics& part, int64_t rows) override {
    return over_ranks(ranks_, part, rows);
  }
  Tensor sums(const Tensor& part) override;
  int64_t rows(int64_t part) const override { return part * ranks_.size(); }

 private:
  const Communicator& ranks_;
};

/// The batch is seen part by part. A pass over all parts gathers what is to be known, the next uses
/// it. Before anything is known a part's own stand in for them, so where one batch norm follows
/// another the second one's are right one pass later.
class NormInTurn : public NormOverParts {
 public:
  BatchStatistics statistics(const BatchStatistics& part, int64_t rows) override;
  Tensor sums(const Tensor& part) override;
  int64_t rows(int64_t part) const override { return rows_ > 0 ? rows_ : part; }
  /// What was gathered, on all ranks if they are given, is now known.
  void end_pass(const Communicator* ranks);

 private:
  int64_t rows_ = 0, gathered_rows_ = 0;
  BatchStatistics known_;
  Tensor known_sums_;
  std::vector<math::Moments<double>> gathered_;  ///< [G,C]
  Tensor gathered_sums_;                         ///< f64 [G,C,2] in host memory
  Tensor like_;                                  ///< shape, type and device of the statistics
};

}  // namespace siam
