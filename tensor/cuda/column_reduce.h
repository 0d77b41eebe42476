#pragma once
// Reductions over the rows of each group of a matrix [groups * rows, C], in two stages and a fixed
// order: every block merges its chunk of rows into one state per column, then one block per few
// columns merges the chunks. A state is a monoid: a value with no arguments is neutral, and
// `merge(other)` joins the rows of another.

#include "tensor/cuda/block_reduce.h"
#include "tensor/cuda/launch.h"

namespace siam::cuda {

/// Merges each of the N states of the threads with the same x over all y: done(x, i, state) is
/// called once for each x and i < N, each in a different thread. Lanes of a warp are merged by
/// halves, then the warps one after another. `scratch` holds N states for each x of each warp.
template <int N, class State, class Done>
__device__ inline void merge_over_y(State (&states)[N], State* scratch, const Done& done) {
  const int width = blockDim.x, thread = threadIdx.y * width + threadIdx.x;
  for (int lanes = 16; lanes >= width; lanes /= 2) {
#pragma unroll
    for (int i = 0; i < N; ++i) states[i].merge(shuffle_down(states[i], lanes));
  }
  if (thread % 32 < width) {
#pragma unroll
    for (int i = 0; i < N; ++i)
      scratch[(thread / 32 * N + i) * width + static_cast<int>(threadIdx.x)] = states[i];
  }
  __syncthreads();
  if (thread < N * width) {
    State total = scratch[thread];
#pragma unroll
    for (int warp = 1; warp < Tiling::kThreads / 32; ++warp)
      total.merge(scratch[warp * N * width + thread]);
    done(thread % width, thread / width, total);
  }
  __syncthreads();  // the scratch has been read by all
}

/// First stage: partial[(chunk * groups + group) * C + c]. make_add(tiling, part), called by all
/// threads of the block, returns an object that accumulates N columns of a row in two steps,
/// load(row) and add(states, loaded): so several loads are in flight before the first is waited
/// for, which hides the memory's latency. The compiler does not reorder them by itself.
template <int N, class State, class MakeAdd>
__global__ void __launch_bounds__(Tiling::kThreads, 3)
    reduce_chunks(Tiling t, MakeAdd make_add, State* partial) {
  __shared__ State scratch[N * Tiling::kMostThreadsX * Tiling::kThreads / 32];
  const Part part = part_of<N>(t);
  State states[N];
  const auto add = make_add(t, part);
  constexpr int kAhead = MakeAdd::kRowsAhead;
  if (part.any) {
    int64_t row = part.begin;
    for (; row + (kAhead - 1) * part.step < part.end; row += kAhead * part.step) {
      decltype(add.load(row)) loaded[kAhead];
#pragma unroll
      for (int i = 0; i < kAhead; ++i) loaded[i] = add.load(row + i * part.step);
#pragma unroll
      for (int i = 0; i < kAhead; ++i) add(states, loaded[i]);
    }
    for (; row < part.end; row += part.step) add(states, add.load(row));
  }
  const int64_t columns = t.column_packs * N, first = int64_t{blockIdx.x} * blockDim.x * N;
  State* out = partial + (int64_t{blockIdx.y} * gridDim.z + blockIdx.z) * columns;
  merge_over_y(states, scratch, [&](int x, int i, const State& state) {
    const int64_t column = first + x * N + i;
    if (column < columns) out[column] = state;
  });
}

/// Second stage: emit(group, column, state) once for each, groups ascending in one thread.
template <class State, class Emit>
__global__ void __launch_bounds__(Tiling::kThreads)
    merge_chunks(int chunks, int groups, int64_t columns, const State* partial, Emit emit) {
  __shared__ State scratch[Tiling::kThreads];
  constexpr int kAhead = 8;
  const int64_t column = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const int step = blockDim.y;
  for (int group = 0; group < groups; ++group) {
    State state[1];
    for (int first = threadIdx.y; first < chunks && column < columns; first += kAhead * step) {
      State loaded[kAhead];
#pragma unroll
      for (int i = 0; i < kAhead; ++i)
        if (const int64_t chunk = first + i * step; chunk < chunks)
          loaded[i] = partial[(chunk * groups + group) * columns + column];
#pragma unroll
      for (int i = 0; i < kAhead; ++i) state[0].merge(loaded[i]);
    }
    merge_over_y(state, scratch, [&](int x, int, const State& merged) {
      const int64_t at = int64_t{blockIdx.x} * blockDim.x + x;
      if (at < columns) emit(group, at, merged);
    });
  }
}

template <int N, class State, class MakeAdd, class Emit>
void reduce_columns(int64_t groups, int64_t rows, int64_t columns, MakeAdd make_add, Emit emit) {
  const Tiling t = make_tiling(groups, rows, columns / N, Tiling::kReductionBlocks);
  const Tensor partial = Tensor::empty(
      {t.chunks * groups * columns * static_cast<int64_t>(sizeof(State))}, DType::u8, Device::cuda);
  auto* states = static_cast<State*>(partial.raw());
  launch(reduce_chunks<N, State, MakeAdd>, grid_of(t, groups), block_of(t), t, make_add, states);
  const MergeShape shape = merge_shape(t.chunks);
  launch(merge_chunks<State, Emit>,
         dim3(static_cast<unsigned>((columns + shape.columns - 1) / shape.columns)),
         dim3(static_cast<unsigned>(shape.columns), static_cast<unsigned>(shape.rows)), t.chunks,
         static_cast<int>(groups), columns, static_cast<const State*>(states), emit);
}

}  // namespace siam::cuda
