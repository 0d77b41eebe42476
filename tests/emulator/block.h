#pragma once
// The threads of a block, each on a stack of its own, one running at a time.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <functional>

/// Of the thread that is running.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

namespace emulator {

struct Grid {
  dim3 blocks, threads;
  size_t shared;  ///< bytes of dynamic shared memory in a block
};

/// Runs the program of all threads of all blocks.
void run(const Grid& grid, const std::function<void()>& program);
/// What the hardware would say to it.
cudaError_t check_launch(const Grid& grid, const void* kernel);

// For the program.

/// Until all threads of the block that have not ended are here.
void wait_for_block();
/// The value that the lane `source(own lane)` of the warp gives, the own one if there is no such
/// lane. Called by all lanes.
uint64_t exchange_in_warp(uint64_t value, const std::function<unsigned(unsigned)>& source);

}  // namespace emulator
