#pragma once
// Loss, collapse and finiteness of the last steps, kept where the steps run until they are read.

#include <vector>

#include "tensor/step_log.h"

namespace siam {

class StepLog {
 public:
  struct Entry {
    double loss, std;
    bool finite;  ///< loss and gradients of this step and of all before it
  };

  /// Room for `slots` steps whose projections have `dim` channels.
  StepLog(int64_t slots, int64_t dim, Device device) : ring_(slots, dim, device) {}

  int64_t slots() const { return ring_.rows.dim(0); }
  /// Queues the record of a step: its loss, the projections z [N,dim] of one view of each sample,
  /// and all its gradients.
  void record(const Tensor& loss, const Tensor& z, const Tensor& gradients) const;
  /// i32 [] on the device, 0 from the first step on that was not finite until that was read: guards
  /// the updates.
  const Tensor& finite() const { return ring_.finite; }
  /// The `count` oldest steps not read yet, of batches of `samples`. Waits for the device.
  std::vector<Entry> read(int64_t count, int64_t samples);

 private:
  StepRing ring_;
  int64_t taken_ = 0;  ///< entries read so far
};

}  // namespace siam
