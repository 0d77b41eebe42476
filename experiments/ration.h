#pragma once
// Limits work after an epoch, such as a checkpoint or a picture, to a twentieth of the time.

#include "tensor/clock.h"

namespace siam {

class Ration {
 public:
  /// `seconds` is the estimated duration until it has been measured. 0: the first time is always
  /// due.
  explicit Ration(double seconds = 0) : seconds_(seconds), end_(steady_seconds()) {}

  /// Always true if the work is too short to notice; with short epochs (a second each on a GPU),
  /// after only some of them.
  bool due() const { return seconds_ < 0.05 || steady_seconds() - end_ > 20 * seconds_; }
  template <class Work>
  void run(const Work& work) {
    const double begin = steady_seconds();
    work();
    end_ = steady_seconds();
    seconds_ = end_ - begin;
  }

 private:
  double seconds_, end_;  ///< of the last time
};

}  // namespace siam
