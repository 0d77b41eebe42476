// The k largest of each row (tensor/top_k.h), a block per row. Keys are unique, so the k-th largest
// is found digit by digit from the top: count the keys by their next digit, and keep the digit in
// which the k-th falls. Then the keys from there on are gathered, in any order, and sorted. The
// counts are integers: the order in which threads add to them does not matter.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"

namespace siam::cuda {

namespace {

constexpr int kMost = kMostTopKOnGpu;  ///< keys sorted in shared memory
constexpr int kDigitBits = 8, kDigits = 1 << kDigitBits;

/// A threshold that exactly the k largest keys of the row reach.
__device__ uint64_t threshold(const float* row, int64_t columns, uint32_t k) {
  __shared__ uint32_t counts[kDigits];
  uint64_t prefix = 0;
  for (int shift = 64 - kDigitBits;; shift -= kDigitBits) {
    for (int i = threadIdx.x; i < kDigits; i += kBlock) counts[i] = 0;
    __syncthreads();
    const uint64_t known = shift + kDigitBits < 64 ? ~uint64_t{0} << (shift + kDigitBits) : 0;
    for (int64_t i = threadIdx.x; i < columns; i += kBlock) {
      const uint64_t key = RankKey(row[i], i).bits;
      if (((key ^ prefix) & known) == 0) atomicAdd(&counts[(key >> shift) % kDigits], 1u);
    }
    __syncthreads();
    int digit = kDigits - 1;
    for (; k > counts[digit]; --digit) k -= counts[digit];
    const bool exact = k == counts[digit];
    __syncthreads();  // everyone has read the counts
    prefix |= static_cast<uint64_t>(digit) << shift;
    if (exact) return prefix;
  }
}

/// Bitonic sort, descending; `size` is a power of two.
__device__ void sort(uint64_t* keys, int size) {
  for (int run = 2; run <= size; run *= 2)
    for (int step = run / 2; step > 0; step /= 2) {
      for (int i = threadIdx.x; i < size; i += kBlock) {
        const int other = i ^ step;
        const bool descending = (i & run) == 0;
        if (other > i && (keys[i] < keys[other]) == descending) {
          const uint64_t key = keys[i];
          keys[i] = keys[other];
          keys[other] = key;
        }
      }
      __syncthreads();
    }
}

__global__ void __launch_bounds__(kBlock)
    top_k_kernel(int64_t columns, int k, int size, const float* x, float* values, int32_t* where) {
  __shared__ uint64_t keys[kMost];
  __shared__ int found;
  const float* row = x + blockIdx.x * columns;
  const uint64_t least = threshold(row, columns, static_cast<uint32_t>(k));
  for (int i = threadIdx.x; i < size; i += kBlock) keys[i] = 0;
  if (threadIdx.x == 0) found = 0;
  __syncthreads();
  for (int64_t i = threadIdx.x; i < columns; i += kBlock)
    if (const uint64_t key = RankKey(row[i], i).bits; key >= least)
      keys[atomicAdd(&found, 1)] = key;
  __syncthreads();
  sort(keys, size);
  for (int i = threadIdx.x; i < k; i += kBlock) {
    RankKey key;
    key.bits = keys[i];
    values[blockIdx.x * int64_t{k} + i] = key.value();
    where[blockIdx.x * int64_t{k} + i] = key.column();
  }
}

}  // namespace

void top_k(const Tensor& x, const Tensor& values, const Tensor& columns) {
  const int64_t k = values.dim(1);
  check(k <= kMost, "top_k: k {}; at most {} on a GPU; use a smaller k", k, kMost);
  int size = 1;
  while (size < k) size *= 2;
  launch(top_k_kernel, dim3(static_cast<unsigned>(x.dim(0))), dim3(kBlock), x.dim(1),
         static_cast<int>(k), size, static_cast<const float*>(x.data<float>()),
         values.data<float>(), columns.data<int32_t>());
}

}  // namespace siam::cuda
