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
  /// If there are several `ranks`, which must outlive it, all of them queue the same steps and
  /// capture the same one or none, since NCCL's work must be captured by all ranks or by none.
  explicit CapturedStep(const Communicator& ranks = alone());

  /// Queues a step, which `step` queues op by op. CannotCapture if the step does something that a
  /// graph cannot hold, on this rank or another; then `step` has been called, but none of its work
  /// has run.
  void queue(const std::function<void()>& step);

  /// Does work between two steps; its tensors, if they fit, use the memory that a step uses while
  /// it runs. Error if one of them is still alive afterwards: the next step would overwrite it.
  void lend_memory(const std::function<void()>& work);

  bool captured() const { return work_.has_value(); }
  /// Statistics of the memory reserved for the step.
  CachingAllocator::Statistics memory() const { return pool_->statistics(); }

 private:
  void capture(const std::function<void()>& step);

  const Communicator& ranks_;
  /// A step's tensors: replays write to the captured addresses, so nothing else may use them.
  std::unique_ptr<CachingAllocator> pool_;
  SpareMemory spare_;
  std::optional<CapturedWork> work_;
  bool warm_ = false;  ///< library plans exist, and the pool holds all memory that a step needs
};

}  // namespace siam
