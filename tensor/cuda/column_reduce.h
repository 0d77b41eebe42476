#pragma once
// Reductions over the rows of each group of a matrix [groups * rows, C], in two stages and a fixed
// order: every block merges its chunk of rows into one state per column, then one block per few
// columns merges the chunks. A state is a monoid: a value with no arguments is neutral, and
// `merge(other)` joins the rows of another.

#include "tensor/cuda/launch.h"

namespace siam::cuda {

/// Merges the states of the threads of one x over all y; the result is in y = 0. `scratch` holds
/// one state per thread.
template <class State>
__device__ inline void merge_over_y(State& state, State* scratch) {
  const int x = threadIdx.x, y = threadIdx.y, width = blockDim.x;
  scratch[y * width + x] = state;
  __syncthreads();
  for (int half = blockDim.y / 2; half > 0; half /= 2) {
    if (y < half) scratch[y * width + x].merge(scratch[(y + half) * width + x]);
    __syncthreads();
  }
  state = scratch[x];
  __syncthreads();
}

/// First stage: partial[(chunk * groups + group) * C + c]. add(states, row, part) accumulates N
/// columns of a row; it is made per thread by make_add(part), which loads the columns' constants.
template <int N, class State, class MakeAdd>
__global__ void __launch_bounds__(Tiling::kThreads)
    reduce_chunks(Tiling t, MakeAdd make_add, State* partial) {
  __shared__ State scratch[Tiling::kThreads];
  const Part part = part_of<N>(t);
  State states[N];
  if (part.any) {
    const auto add = make_add(part);
    for (int64_t row = part.begin; row < part.end; row += part.step) add(states, row);
  }
  const int64_t columns = t.column_packs * N;
  State* out = partial + (int64_t{blockIdx.y} * gridDim.z + blockIdx.z) * columns + part.column;
#pragma unroll
  for (int i = 0; i < N; ++i) {
    merge_over_y(states[i], scratch);
    if (part.any && threadIdx.y == 0) out[i] = states[i];
  }
}

/// Second stage: emit(group, column, state) once for each, groups ascending in one thread.
template <class State, class Emit>
__global__ void __launch_bounds__(Tiling::kThreads)
    merge_chunks(int chunks, int groups, int64_t columns, const State* partial, Emit emit) {
  __shared__ State scratch[Tiling::kThreads];
  const int64_t column = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (int group = 0; group < groups; ++group) {
    State state;
    if (column < columns)
      for (int chunk = threadIdx.y; chunk < chunks; chunk += blockDim.y)
        state.merge(partial[(int64_t{chunk} * groups + group) * columns + column]);
    merge_over_y(state, scratch);
    if (column < columns && threadIdx.y == 0) emit(group, column, state);
  }
}

template <int N, class State, class MakeAdd, class Emit>
void reduce_columns(int64_t groups, int64_t rows, int64_t columns, MakeAdd make_add, Emit emit) {
  const Tiling t = make_tiling(groups, rows, columns / N);
  const Tensor partial = Tensor::empty(
      {t.chunks * groups * columns * static_cast<int64_t>(sizeof(State))}, DType::u8, Device::cuda);
  auto* states = static_cast<State*>(partial.raw());
  launch(reduce_chunks<N, State, MakeAdd>, grid_of(t, groups), block_of(t), t, make_add, states);
  // Few columns a block: networks have as few as 64, and there are hundreds of chunks.
  constexpr int kColumns = 8;
  launch(merge_chunks<State, Emit>,
         dim3(static_cast<unsigned>((columns + kColumns - 1) / kColumns)),
         dim3(kColumns, Tiling::kThreads / kColumns), t.chunks, static_cast<int>(groups), columns,
         static_cast<const State*>(states), emit);
}

}  // namespace siam::cuda
