#pragma once
// How a convolution on the CPU is computed, for tests and benchmarks.

#include "tensor/cpu/kernels/kernels.h"

namespace siam::cpu {

/// Winograd where it saves more products than its transforms cost. Decided by the shape, not by
/// timings, so that runs are reproducible bit for bit.
ConvAlgorithm best_algorithm(const ConvShape& shape);

/// While it lives, convolutions of this thread are direct: exact for small integers, unlike
/// Winograd's fractions.
class ScopedDirectConv {
 public:
  ScopedDirectConv();
  ~ScopedDirectConv();
  ScopedDirectConv(const ScopedDirectConv&) = delete;

 private:
  bool previous_;
};

}  // namespace siam::cpu
