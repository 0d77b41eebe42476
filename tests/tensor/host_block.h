#pragma once
// cuda::ThreadBlock on the CPU: the threads one after another, forwards or backwards. A program
// whose threads read what others write between two barriers gives a different result backwards.

#include <vector>

namespace siam {

struct HostBlock {
  static constexpr int kThreads = 256;
  bool backwards = false;

  template <class F>
  void each(int n, const F& f) const {
    for (int t = 0; t < kThreads; ++t)
      for (int i = backwards ? kThreads - 1 - t : t; i < n; i += kThreads) f(i);
  }
  template <class F>
  float sum(int n, const F& f) const {
    std::vector<float> threads(kThreads, 0.0f);
    for (int t = 0; t < kThreads; ++t)
      for (int i = t; i < n; i += kThreads) threads[t] += f(i);
    float total = 0;
    for (int warp = 0; warp < kThreads; warp += 32) {
      for (int lanes = 16; lanes > 0; lanes /= 2)
        for (int lane = 0; lane < lanes; ++lane)
          threads[warp + lane] += threads[warp + lane + lanes];
      total = warp == 0 ? threads[0] : total + threads[warp];
    }
    return total;
  }
};

}  // namespace siam
