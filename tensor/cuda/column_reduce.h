#pragma once
// Reductions over the rows of each group of a matrix [groups * rows, C], in two stages and a fixed
// order: every block merges its chunk of rows into one state per column, then one block per few
// columns merges the chunks. A state is a monoid: a value with no arguments is neutral, and
// `merge(other)` joins the rows of another.

#include "tensor/cuda/launch.h"

namespace siam::cuda {

/// Merges each of the N states of the threads of one x over all y; the results are in y = 0.
/// `scratch` holds N states per thread.
template <int N, class State>
__device__ inline void merge_over_y(State (&states)[N], State* scratch) {
  const int x = threadIdx.x, y = threadIdx.y, width = blockDim.x;
  const auto at = [&](int i, int row) -> State& {
    return scratch[i * Tiling::kThreads + row * width + x];
  };
#pragma unroll
  for (int i = 0; i < N; ++i) at(i, y) = states[i];
  __syncthreads();
  for (int half = blockDim.y / 2; half > 0; half /= 2) {
    if (y < half) {
#pragma unroll
      for (int i = 0; i < N; ++i) at(i, y).merge(at(i, y + half));
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < N; ++i) states[i] = at(i, 0);
}

/// First stage: partial[(chunk * groups + group) * C + c]. add(states, row) accumulates N columns
/// of a row; it is made by make_add(tiling, part), called by all threads of the block, which loads
/// the columns' constants.
template <int N, class State, class MakeAdd>
__global__ void __launch_bounds__(Tiling::kThreads, 3)
    reduce_chunks(Tiling t, MakeAdd make_add, State* partial) {
  __shared__ State scratch[N * Tiling::kThreads];
  const Part part = part_of<N>(t);
  State states[N];
  const auto add = make_add(t, part);
  if (part.any) {
    // Several rows' loads under way at a time hide the memory's latency.
#pragma unroll 4
    for (int64_t row = part.begin; row < part.end; row += part.step) add(states, row);
  }
  merge_over_y(states, scratch);
  if (!part.any || threadIdx.y > 0) return;
  const int64_t columns = t.column_packs * N;
  State* out = partial + (int64_t{blockIdx.y} * gridDim.z + blockIdx.z) * columns + part.column;
#pragma unroll
  for (int i = 0; i < N; ++i) out[i] = states[i];
}

/// Second stage: emit(group, column, state) once for each, groups ascending in one thread.
template <class State, class Emit>
__global__ void __launch_bounds__(Tiling::kThreads)
    merge_chunks(int chunks, int groups, int64_t columns, const State* partial, Emit emit) {
  __shared__ State scratch[Tiling::kThreads];
  const int64_t column = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (int group = 0; group < groups; ++group) {
    State state[1];
    if (column < columns) {
#pragma unroll 8
      for (int chunk = threadIdx.y; chunk < chunks; chunk += blockDim.y)
        state[0].merge(partial[(int64_t{chunk} * groups + group) * columns + column]);
    }
    merge_over_y(state, scratch);
    if (column < columns && threadIdx.y == 0) emit(group, column, state[0]);
    __syncthreads();  // the scratch has been read by all
  }
}

template <int N, class State, class MakeAdd, class Emit>
void reduce_columns(int64_t groups, int64_t rows, int64_t columns, MakeAdd make_add, Emit emit) {
  const Tiling t = make_tiling(groups, rows, columns / N);
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
