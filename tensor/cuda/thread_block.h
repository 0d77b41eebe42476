#pragma once
// The threads of a block, for programs written once as a template over what runs them: here a GPU's
// block; in tests a loop on the CPU that takes the same steps in the same order.

#include "tensor/cuda/block_reduce.h"

namespace siam::cuda {

/// kBlock threads. Every member is called by all of them and ends in a barrier.
struct ThreadBlock {
  /// f(i) for i in [0, n), thread t taking t, t + kBlock, ...
  template <class F>
  __device__ void each(int n, const F& f) const {
    for (int i = static_cast<int>(threadIdx.x); i < n; i += kBlock) f(i);
    __syncthreads();
  }
  /// Sum of f(i): each thread's terms in that order, then as merge_block does.
  template <class F>
  __device__ float sum(int n, const F& f) const {
    Sums<1> sum;
    for (int i = static_cast<int>(threadIdx.x); i < n; i += kBlock) sum.values[0] += f(i);
    return merge_block(sum).values[0];
  }
};

}  // namespace siam::cuda
