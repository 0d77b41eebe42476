#pragma once
// Loops over threads. Work is cut into pieces whose number depends on the problem alone, never on
// the number of threads, so that a sum of per-piece sums has the same bits on any machine.

#include <cstdint>

namespace siam {

/// Calls body(begin, end) over the ranges [0, grain), [grain, 2 grain), ... that cover [0, n), on
/// all threads. An exception must not leave the body.
template <class Body>
void parallel_for(int64_t n, int64_t grain, const Body& body) {
  const int64_t pieces = grain > 0 ? (n + grain - 1) / grain : n;
  if (pieces <= 1) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t begin = piece * grain;
    body(begin, begin + grain < n ? begin + grain : n);
  }
}

/// Threads that parallel_for and the math library use; 0 restores the default (all cores).
void set_threads(int count);
int threads();

}  // namespace siam
