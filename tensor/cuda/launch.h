#pragma once
// Launching kernels on the current stream, and the two forms that most of them have: a pass over
// flat arrays, and a pass over the rows of a matrix with constants per column.

#include <algorithm>
#include <vector>

#include "tensor/cuda/pack.h"
#include "tensor/cuda/runtime/handles.h"
#include "tensor/cuda/tiling.h"
#include "tensor/dispatch_types.h"

namespace siam::cuda {

/// With `shared` bytes of dynamic shared memory for each block.
template <class... Parameters, class... Arguments>
void launch_with_shared(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared,
                        Arguments... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared;
  config.stream = current_stream();
  CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, arguments...));
}

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, Arguments... arguments) {
  launch_with_shared(kernel, grid, block, 0, arguments...);
}

/// The block's dynamic shared memory.
__device__ inline float* dynamic_shared() {
  extern __shared__ float dynamic_memory[];
  return dynamic_memory;
}

inline constexpr int kBlock = 256;

/// Blocks for n threads; the number is limited, and kernels loop over the rest.
inline dim3 blocks_for(int64_t n) {
  return dim3(static_cast<unsigned>(std::min<int64_t>((n + kBlock - 1) / kBlock, 1 << 16)));
}

template <int N, class F, class Out, class... In>
__global__ void __launch_bounds__(kBlock) map_kernel(int64_t n, F f, Out* out, const In*... in) {
  const int64_t thread = int64_t{blockIdx.x} * kBlock + threadIdx.x;
  const int64_t threads = int64_t{gridDim.x} * kBlock;
  const auto pack = [&](int64_t at, const Pack<In, N>&... x) {
    Pack<Out, N> result;
#pragma unroll
    for (int i = 0; i < N; ++i) result.values[i] = narrow<Out>(f(widen(x.values[i])...));
    store<N>(out + at, result);
  };
  for (int64_t i = thread; i < n / N; i += threads) pack(i * N, load<N>(in + i * N)...);
  const int64_t tail = n / N * N + thread;
  if (tail < n) out[tail] = narrow<Out>(f(widen(in[tail])...));
}

/// out[i] = f(in[i]...), computed in float. out may be one of the inputs.
template <class F, class Out, class... In>
void map(int64_t n, F f, Out* out, const In*... in) {
  if (n == 0) return;
  constexpr int kN = kPackSize<Out, In...>;
  if (aligned(out) && (aligned(in) && ...))
    launch(map_kernel<kN, F, Out, In...>, blocks_for((n + kN - 1) / kN), kBlock, n, f, out, in...);
  else
    launch(map_kernel<1, F, Out, In...>, blocks_for(n), kBlock, n, f, out, in...);
}

/// Calls body(std::integral_constant<int, N>) with the widest N for which rows of `columns`
/// elements of T can be read in packs from all the pointers (null ones do not count).
template <class T, class Body>
void with_pack_size(int64_t columns, const std::vector<const void*>& pointers, const Body& body) {
  constexpr int kN = kPackSize<T>;
  if (columns % kN == 0 && std::all_of(pointers.begin(), pointers.end(), aligned))
    body(std::integral_constant<int, kN>{});
  else
    body(std::integral_constant<int, 1>{});
}

inline dim3 grid_of(const Tiling& t, int64_t groups) {
  return dim3(static_cast<unsigned>(t.column_tiles), static_cast<unsigned>(t.chunks),
              static_cast<unsigned>(groups));
}
inline dim3 block_of(const Tiling& t) {
  return dim3(static_cast<unsigned>(t.threads_x), static_cast<unsigned>(t.threads_y));
}

/// The part of a tiled matrix that is this thread's: for (row = begin; row < end; row += step), at
/// columns [column, column + N), rows being numbered through all groups.
struct Part {
  int64_t group, column, begin, end, step;
  bool any;  ///< false for threads beyond the last column
};

template <int N>
__device__ inline Part part_of(const Tiling& t) {
  const int64_t pack = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const int64_t first = blockIdx.y * t.rows_per_chunk;
  const int64_t past = min(first + t.rows_per_chunk, t.rows);
  const int64_t offset = blockIdx.z * t.rows;
  return {int64_t{blockIdx.z},          pack * N,
          offset + first + threadIdx.y, offset + past,
          int64_t{blockDim.y},          pack < t.column_packs};
}

/// mine[i] = make(group, column) for the thread's N columns, each computed once in a block. Called
/// by all threads of the block.
template <int N, class Constants, class Make>
__device__ inline void column_constants(const Tiling& t, const Make& make, Constants (&mine)[N]) {
  __shared__ Constants shared[Tiling::kMostThreadsX * N];
  const int64_t first = int64_t{blockIdx.x} * blockDim.x * N;
  for (int i = threadIdx.y * blockDim.x + threadIdx.x; i < static_cast<int>(blockDim.x) * N;
       i += Tiling::kThreads)
    if (first + i < t.column_packs * N) shared[i] = make(int64_t{blockIdx.z}, first + i);
  __syncthreads();
#pragma unroll
  for (int i = 0; i < N; ++i) mine[i] = shared[threadIdx.x * N + i];
}

/// f[i] = source[offset + i], or `missing` everywhere if there is no source.
template <int N, class T>
__device__ inline void load_constants(const T* source, int64_t offset, float missing,
                                      float (&f)[N]) {
#pragma unroll
  for (int i = 0; i < N; ++i) f[i] = source ? widen(source[offset + i]) : missing;
}

/// Null for an undefined tensor.
template <class T>
T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data<T>() : nullptr;
}

}  // namespace siam::cuda
