#pragma once
// Batches too large for memory: a segment of a network is computed on parts of the batch, one after
// another, with the result of the whole. Other frameworks' gradient accumulation normalises each
// part by itself, which is a different network; here batch norm has the statistics of the whole
// batch.
//
// Only the segment's input is kept. In the forward direction, passes over the parts gather the
// statistics, one pass for each batch norm in the chain, and a last one computes the result. The
// backward direction does the same for the gradient sums, recomputing the segment each time.
//
// CIFAR ResNet-18, f32, 256 pairs, parts of 8: a step needs 955 MiB instead of 2732, most of it for
// the blocks' inputs, and takes five times as long (bench_step --micro-batch).

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "autograd/norm_over_parts.h"
#include "nn/module.h"

namespace siam {

/// The batch norms of a segment.
class NormsOverParts {
 public:
  std::shared_ptr<NormOverParts> of(const void* layer) {
    auto& norm = norms_[layer];
    if (!norm) {
      norm = std::make_shared<NormInTurn>();
      order_.push_back(layer);
    }
    return norm;
  }
  /// Upper bound on the passes until all statistics are known.
  size_t size() const { return norms_.size(); }
  /// In the order in which they were first used, which is the same on all ranks.
  void end_pass(const Communicator* ranks) {
    for (const void* layer : order_) norms_[layer]->end_pass(ranks);
  }

 private:
  std::map<const void*, std::shared_ptr<NormInTurn>> norms_;
  std::vector<const void*> order_;
};

using Segment = std::function<Variable(const Variable& x, Mode mode)>;

/// segment(x, mode), or the same in parts of mode.micro_batch samples (the last may be smaller) if
/// there are more. Results differ only by the order of summation. x [groups N,...], else an Error;
/// the segment maps samples to samples, apart from batch norm. Modules that the segment refers to
/// must outlive the graph.
Variable in_parts(const Segment& segment, const Variable& x, Mode mode);

}  // namespace siam
