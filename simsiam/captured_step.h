#pragma once
// A training step as a CUDA graph: queued op by op at first, then captured, then replayed.

#include <functional>
#include <memory>
#include <optional>

#include "tensor/allocator.h"
#include "tensor/communicator.h"
#include "tensor/graph.h"

namespace siam {

class CapturedStep {
 public:
  /// Of several `ranks`, which must outlive it, all queue the same steps, and capture the same one
  /// or none: what NCCL does is captured by all ranks or by none.
  explicit CapturedStep(const Communicator& ranks = alone());

  /// Queues a step, which `step` queues op by op. CannotCapture if the step does what a graph
  /// cannot hold, on this rank or another; `step` was called then, and nothing of it has run.
  void queue(const std::function<void()>& step);

  /// Does work between two steps whose tensors, if they fit, lie where a step's are while it runs.
  /// Error if one of them is still alive afterwards: the next step would write over it.
  void lend_memory(const std::function<void()>& work);

  bool captured() const { return work_.has_value(); }
  /// Of the memory that the step has for itself.
  CachingAllocator::Statistics memory() const { return pool_->statistics(); }

 private:
  void capture(const std::function<void()>& step);

  const Communicator& ranks_;
  /// A step's tensors: replays write to the captured addresses, so nobody else may have them.
  std::unique_ptr<CachingAllocator> pool_;
  SpareMemory spare_;
  std::optional<CapturedWork> work_;
  bool warm_ = false;  ///< library plans are made, and the pool holds all memory that a step needs
};

}  // namespace siam
