// Sums over rows and over everything (tensor/reduce.h).

#include "tensor/backends.h"
#include "tensor/cuda/block_reduce.h"
#include "tensor/cuda/column_reduce.h"

namespace siam::cuda {

namespace {

template <int N, class T>
struct AddRows {
  static constexpr int kRowsAhead = 8;
  const T* x;
  int64_t columns;

  struct Add {
    const T* x;
    int64_t columns;
    __device__ Pack<T, N> load(int64_t row) const { return cuda::load<N>(x + row * columns); }
    __device__ void operator()(Sums<1> (&states)[N], const Pack<T, N>& loaded) const {
      float v[N];
      widen(loaded, v);
#pragma unroll
      for (int i = 0; i < N; ++i) states[i].values[0] += v[i];
    }
  };
  __device__ Add operator()(const Tiling&, const Part& part) const {
    return {x + part.column, columns};
  }
};

struct StoreSum {
  float* sums;
  __device__ void operator()(int, int64_t column, const Sums<1>& state) const {
    sums[column] = state.values[0];
  }
};

// As many partial sums as a block has threads, whatever the GPU.
constexpr int kPartials = kBlock;

// A thread takes every kPartials * kBlock-th pack of kN elements, in ascending order, then one of
// the elements after the last whole pack. Which ones, and in which order, does not depend on the
// alignment, which decides only how a pack is read.
template <bool kAligned, class T, class F>
__global__ void __launch_bounds__(kBlock) sum_flat(int64_t n, const T* x, F f, float* partial) {
  constexpr int kN = kPackSize<T>;
  constexpr int64_t kThreads = int64_t{kPartials} * kBlock;
  const int64_t thread = int64_t{blockIdx.x} * kBlock + threadIdx.x;
  Sums<1> sum;
  const auto pack = [&](int64_t i) {
    if constexpr (kAligned) {
      return load<kN>(x + i * kN);
    } else {
      Pack<T, kN> loaded;
#pragma unroll
      for (int j = 0; j < kN; ++j) loaded.values[j] = x[i * kN + j];
      return loaded;
    }
  };
  const auto add = [&](const Pack<T, kN>& loaded) {
#pragma unroll
    for (int j = 0; j < kN; ++j) sum.values[0] += f(widen(loaded.values[j]));
  };
  int64_t i = thread;
  constexpr int kAhead = 4;  // packs in flight, which hides the memory's latency
  for (; i + (kAhead - 1) * kThreads < n / kN; i += kAhead * kThreads) {
    Pack<T, kN> loaded[kAhead];
#pragma unroll
    for (int j = 0; j < kAhead; ++j) loaded[j] = pack(i + j * kThreads);
#pragma unroll
    for (int j = 0; j < kAhead; ++j) add(loaded[j]);
  }
  for (; i < n / kN; i += kThreads) add(pack(i));
  const int64_t tail = n / kN * kN + thread;
  if (tail < n) sum.values[0] += f(widen(x[tail]));
  sum = merge_block(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum.values[0];
}

template <class Emit>
__global__ void __launch_bounds__(kBlock) sum_partials(const float* partial, Emit emit) {
  const Sums<1> sum = merge_block(Sums<1>{{partial[threadIdx.x]}});
  if (threadIdx.x == 0) emit(sum.values[0]);
}

/// emit(sum of f(x)), on the device.
template <class F, class Emit>
void sum_all(const Tensor& x, F f, Emit emit) {
  const Tensor partial = Tensor::empty({kPartials}, DType::f32, Device::cuda);
  for_float(x.dtype(), [&]<class T>(T) {
    launch(aligned(x.raw()) ? sum_flat<true, T, F> : sum_flat<false, T, F>, dim3(kPartials),
           dim3(kBlock), x.numel(), static_cast<const T*>(x.data<T>()), f, partial.data<float>());
  });
  launch(sum_partials<Emit>, dim3(1), dim3(kBlock),
         static_cast<const float*>(partial.data<float>()), emit);
}

struct Same {
  __device__ float operator()(float x) const { return x; }
};
struct NotFinite {
  __device__ float operator()(float x) const { return isfinite(x) ? 0.0f : 1.0f; }
};
struct StoreMean {
  float* mean;
  float count;
  __device__ void operator()(float sum) const { *mean = sum / count; }
};
struct StoreIsZero {
  int32_t* flag;
  __device__ void operator()(float sum) const { *flag = sum == 0.0f; }
};

}  // namespace

void sum_rows(const Tensor& x, const Tensor& sums) {
  const int64_t columns = x.dim(-1);
  for_float(x.dtype(), [&]<class T>(T) {
    with_pack_size<T>(columns, {x.raw()}, [&]<int N>(std::integral_constant<int, N>) {
      reduce_columns<N, Sums<1>>(1, x.shape().rows(), columns, AddRows<N, T>{x.data<T>(), columns},
                                 StoreSum{sums.data<float>()});
    });
  });
}

void mean(const Tensor& x, const Tensor& y) {
  sum_all(x, Same{}, StoreMean{y.data<float>(), static_cast<float>(x.numel())});
}

void all_finite(const Tensor& x, const Tensor& flag) {
  sum_all(x, NotFinite{}, StoreIsZero{flag.data<int32_t>()});
}

}  // namespace siam::cuda
