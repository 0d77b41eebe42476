#pragma once
// How a convolution on the CPU is computed, for tests and benchmarks.

#include "tensor/cpu/kernels/kernels.h"

namespace siam::cpu {

/// Winograd where it saves more products than its transforms cost. A rule of the shape, not of
/// timings, so that runs repeat bit by bit.
ConvAlgorithm best_algorithm(const ConvShape& shape);

/// While it lives, convolutions of this thread are direct: exact on small integers, where
/// Winograd's fractions are not.
class ScopedDirectConv {
 public:
  ScopedDirectConv();
  ~ScopedDirectConv();
  ScopedDirectConv(const ScopedDirectConv&) = delete;

 private:
  bool previous_;
};

}  // namespace siam::cpu
