#pragma once
// Merging one state per thread over a block of kBlock threads; every thread gets the result. The
// order is fixed: lanes of a warp by halves, then the warps one after another.

#include "tensor/cuda/launch.h"

namespace siam::cuda {

/// K sums.
template <int K>
struct Sums {
  float values[K] = {};
  __device__ void merge(const Sums& other) {
#pragma unroll
    for (int i = 0; i < K; ++i) values[i] += other.values[i];
  }
};

template <class State>
__device__ inline State shuffle_down(const State& state, int lanes) {
  static_assert(sizeof(State) % 4 == 0);
  constexpr int kWords = sizeof(State) / 4;
  State result;
  uint32_t words[kWords];
  memcpy(words, &state, sizeof(State));
#pragma unroll
  for (int i = 0; i < kWords; ++i) words[i] = __shfl_down_sync(0xffffffffu, words[i], lanes);
  memcpy(&result, words, sizeof(State));
  return result;
}

template <class State>
__device__ inline State merge_block(State state) {
  constexpr int kWarps = kBlock / 32;
  __shared__ State warps[kWarps];
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) state.merge(shuffle_down(state, lanes));
  __syncthreads();  // the previous result has been read by all
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = state;
  __syncthreads();
  State total = warps[0];
  for (int i = 1; i < kWarps; ++i) total.merge(warps[i]);
  return total;
}

}  // namespace siam::cuda
