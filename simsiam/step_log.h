#pragma once
// Loss, collapse statistic and finiteness of the last steps: kept on the device that runs them, and
// read by the host a window of steps at a time, without stopping a GPU.

#include <deque>
#include <vector>

#include "tensor/communicator.h"
#include "tensor/fence.h"
#include "tensor/step_log.h"

namespace siam {

class StepLog {
 public:
  struct Entry {
    double loss, std;
    bool finite;  ///< loss and gradients of this step and all before it
  };

  /// Windows of `slots` steps, with projections of `dim` channels and batches of `samples`.
  StepLog(int64_t slots, int64_t dim, int64_t samples, Device device);
  ~StepLog();

  /// Queues the record of a step: its loss, the projections z [N,dim] of one view of each sample,
  /// and all its gradients. With several ranks, each gives its own loss and its part of z, all have
  /// the same gradients, and all record the same.
  void record(const Tensor& loss, const Tensor& z, const Tensor& gradients,
              const Communicator& ranks = alone()) const;
  /// i32 [] on the device: 0 from the first non-finite step until take() has returned it; guards
  /// the updates.
  const Tensor& finite() const { return ring_.finite; }

  /// Counts a step that was queued. After the last step of a window, the window's copy to the host
  /// is queued; nothing waits for it.
  void advance();
  /// Steps queued but not taken.
  int64_t pending() const { return queued_ - taken_; }
  /// True if a window must be taken before more steps are queued. On a GPU the next window is
  /// already queued by then, so that the GPU has work while the host reads.
  bool due() const;
  /// The steps of the oldest window, or of the unfinished one if there is no other. Waits for these
  /// steps. If one was not finite, all later ones are discarded.
  std::vector<Entry> take();

 private:
  /// A whole window on its way to the host.
  struct Window {
    Tensor rows;   ///< the ring as it was after the window's last step
    Fence copied;  ///< on a GPU
    int64_t end;   ///< steps up to the end of the window, over all windows
  };
  void end_window();
  /// Forgets the steps not taken, and that one was not finite.
  void forget();

  int64_t samples_;
  Device device_;
  StepRing ring_;
  std::deque<Window> windows_;      ///< oldest first
  int64_t queued_ = 0, taken_ = 0;  ///< steps, in total
};

}  // namespace siam
