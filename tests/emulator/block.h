#pragma once
// The threads of a block, each on its own stack, one running at a time.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <functional>

/// Of the running thread.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

namespace emulator {

struct Grid {
  dim3 blocks, threads;
  size_t shared;  ///< bytes of dynamic shared memory in a block
};

/// Runs the program of all threads of all blocks.
void run(const Grid& grid, const std::function<void()>& program);
/// The error that the hardware would give.
cudaError_t check_launch(const Grid& grid, const void* kernel);

// For use by the program.

/// Waits until all threads of the block that have not ended are here.
void wait_for_block();
/// The value that the warp's lane `source(own lane)` passes, or the caller's own if there is no
/// such lane. Called by all lanes.
uint64_t exchange_in_warp(uint64_t value, const std::function<unsigned(unsigned)>& source);

}  // namespace emulator
