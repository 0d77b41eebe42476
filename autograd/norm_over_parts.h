#pragma once
// Batch norm over a batch of which only a part is present.

#include <vector>

#include "tensor/batch_norm.h"
#include "tensor/communicator.h"
#include "tensor/math.h"

namespace siam {

/// Gives a batch norm that sees only part of a batch the statistics (forward) and gradient sums
/// (backward; tensor/batch_norm.h) of the whole.
class NormOverParts {
 public:
  virtual ~NormOverParts() = default;
  /// Takes the statistics of this part, which has `rows` rows in each group; returns those to
  /// normalise it with.
  virtual BatchStatistics statistics(const BatchStatistics& part, int64_t rows) = 0;
  /// Takes the part's sums [G,C,2]; returns those to use.
  virtual Tensor sums(const Tensor& part) = 0;
  /// Rows in each group of the whole batch, or of the part as long as no more is known.
  virtual int64_t rows(int64_t part) const = 0;
};

/// Statistics of a batch of which each rank has an equal part, with `rows` rows in each group.
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

/// The batch is processed part by part. A pass over all parts gathers the statistics; the next pass
/// uses them. In the first pass each part uses its own statistics, so the k-th batch norm in a
/// chain has the right ones after k passes.
class NormInTurn : public NormOverParts {
 public:
  BatchStatistics statistics(const BatchStatistics& part, int64_t rows) override;
  Tensor sums(const Tensor& part) override;
  int64_t rows(int64_t part) const override { return rows_ > 0 ? rows_ : part; }
  /// From now on the statistics gathered, on all ranks if given, are used.
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
