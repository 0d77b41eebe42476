#pragma once
// Loss, collapse and finiteness of the last steps: kept where the steps run, and read by the host a
// window of steps at a time, for which a GPU does not stop.

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
    bool finite;  ///< loss and gradients of this step and of all before it
  };

  /// Windows of `slots` steps whose projections have `dim` channels, of batches of `samples`.
  StepLog(int64_t slots, int64_t dim, int64_t samples, Device device);
  ~StepLog();

  /// Queues the record of a step: its loss, the projections z [N,dim] of one view of each sample,
  /// and all its gradients. Of several ranks each gives its loss and its part of z, and all have
  /// the same gradients; they record the same.
  void record(const Tensor& loss, const Tensor& z, const Tensor& gradients,
              const Communicator& ranks = alone()) const;
  /// i32 [] on the device, 0 from the first step on that was not finite until that was taken:
  /// guards the updates.
  const Tensor& finite() const { return ring_.finite; }

  /// Counts a step that was queued. The last one of a window is followed by the window's copy to
  /// the host, for which nobody waits.
  void advance();
  /// Steps queued, not taken.
  int64_t pending() const { return queued_ - taken_; }
  /// True if a window waits to be taken before more steps are queued. On a GPU the window behind it
  /// is queued by then, so that there is work while the host looks.
  bool due() const;
  /// The steps of the oldest window, of the unfinished one if there is no other. Waits for these
  /// steps. Where one was not finite, those behind it are forgotten.
  std::vector<Entry> take();

 private:
  /// A whole window on its way to the host.
  struct Window {
    Tensor rows;   ///< the ring as it was behind the window's last step
    Fence copied;  ///< of a GPU
    int64_t end;   ///< steps up to and with the window's, of all
  };
  void end_window();
  /// The steps not taken, and that one was not finite.
  void forget();

  int64_t samples_;
  Device device_;
  StepRing ring_;
  std::deque<Window> windows_;      ///< oldest first
  int64_t queued_ = 0, taken_ = 0;  ///< steps, of all
};

}  // namespace siam
