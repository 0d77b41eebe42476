#pragma once
// Work behind an epoch, such as a checkpoint or a picture, that may take a twentieth of the time.

#include "tensor/clock.h"

namespace siam {

class Ration {
 public:
  /// Before the first time `seconds` stand for what it takes. 0: the first time is always due.
  explicit Ration(double seconds = 0) : seconds_(seconds), end_(steady_seconds()) {}

  /// Always where it takes less than anybody notices; where epochs are short (on a GPU, a second
  /// each), behind some of them.
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
