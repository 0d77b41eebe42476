#pragma once
// Batches above memory: a segment of a network computed on parts of the batch, one after another,
// with the result of the whole. Other frameworks' gradient accumulation normalises each part by
// itself, which is another network; here batch norm has the statistics of the whole batch.
//
// Only the segment's input is kept. Going forward, passes over the parts gather the statistics, as
// many passes as batch norms follow one another, and a last one computes the result; going back
// the same for the gradients' sums, the segment being computed again each time.
//
// CIFAR ResNet-18, f32, 256 pairs, parts of 8: a step needs 955 MiB instead of 2732, of which most
// are the blocks' inputs, and takes five times as long (bench_step --micro-batch).

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
  /// Passes after which all is known, at most.
  size_t size() const { return norms_.size(); }
  /// In the order in which they were first met, which is the same on all ranks.
  void end_pass(const Communicator* ranks) {
    for (const void* layer : order_) norms_[layer]->end_pass(ranks);
  }

 private:
  std::map<const void*, std::shared_ptr<NormInTurn>> norms_;
  std::vector<const void*> order_;
};

using Segment = std::function<Variable(const Variable& x, Mode mode)>;

/// segment(x, mode), or the same in parts of mode.micro_batch samples (the last may be smaller) if
/// there are more. Results differ by the order of sums. x [groups N,...]; the segment maps samples
/// to samples, its batch norms apart. Modules that the segment refers to must outlive the graph.
Variable in_parts(const Segment& segment, const Variable& x, Mode mode);

}  // namespace siam
