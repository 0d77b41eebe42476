#pragma once
// Included before everything else when a .cu file is compiled as C++: the keywords and built-ins of
// CUDA C++ that the headers leave to nvcc.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

#include "tests/emulator/block.h"
#include "tests/emulator/stream.h"

#undef __global__
#undef __device__
#undef __shared__
#undef __launch_bounds__
#define __global__
#define __device__
// One copy for the block that this thread of the CPU runs.
#define __shared__ thread_local
#define __launch_bounds__(...)

inline void __syncthreads() { ::emulator::wait_for_block(); }

template <class T>
T __shfl_down_sync(unsigned, T value, unsigned lanes) {
  static_assert(sizeof(T) <= 8);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = ::emulator::exchange_in_warp(bits, [=](unsigned lane) { return lane + lanes; });
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

template <class T>
T __shfl_xor_sync(unsigned, T value, unsigned mask) {
  static_assert(sizeof(T) <= 8);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = ::emulator::exchange_in_warp(bits, [=](unsigned lane) { return lane ^ mask; });
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

inline float __frsqrt_rn(float x) {
  return static_cast<float>(1 / std::sqrt(static_cast<double>(x)));
}

template <class T>
T atomicAdd(T* sum, T value) {
  return std::exchange(*sum, *sum + value);
}

template <class... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute attribute,
                                 int value) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
}

using std::isfinite;
using std::isnan;
using std::max;
using std::min;

namespace emulator {

template <class... Parameters, class... Arguments>
cudaError_t launch(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                   Arguments&&... arguments) {
  const Grid grid{config->gridDim, config->blockDim, config->dynamicSmemBytes};
  if (const cudaError_t error = check_launch(grid, reinterpret_cast<const void*>(kernel)))
    return error;
  return enqueue(config->stream,
                 [=, values = std::tuple<std::decay_t<Parameters>...>(arguments...)] {
                   run(grid, [&] { std::apply(kernel, values); });
                 });
}

}  // namespace emulator

#define cudaLaunchKernelEx ::emulator::launch
