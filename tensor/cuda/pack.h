#pragma once
// Sixteen bytes at a time: the widest access of a GPU thread, which a memory-bound kernel needs to
// reach the memory's bandwidth.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <cstdint>

#include "tensor/dtype.h"

namespace siam::cuda {

/// The same roundings as dtype.h's, in the GPU's own instructions.
__device__ inline float widen(float value) { return value; }
__device__ inline float widen(bf16 value) { return static_cast<float>(value); }
__device__ inline float widen(f16 value) { return __half2float(__ushort_as_half(value.bits)); }

template <class T>
__device__ inline T narrow(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    T result;
    if constexpr (std::is_same_v<T, bf16>)
      result.bits = __bfloat16_as_ushort(__float2bfloat16_rn(value));
    else
      result.bits = __half_as_ushort(__float2half_rn(value));
    return result;
  }
}

template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T values[N];
};

template <int N, class T>
__device__ inline Pack<T, N> load(const T* from) {
  return *reinterpret_cast<const Pack<T, N>*>(from);
}

template <int N, class T>
__device__ inline void store(T* to, const Pack<T, N>& pack) {
  *reinterpret_cast<Pack<T, N>*>(to) = pack;
}

template <int N, class T>
__device__ inline void widen(const Pack<T, N>& pack, float (&to)[N]) {
#pragma unroll
  for (int i = 0; i < N; ++i) to[i] = widen(pack.values[i]);
}

/// N elements widened to float.
template <int N, class T>
__device__ inline void load_wide(const T* from, float (&to)[N]) {
  widen(load<N>(from), to);
}

template <int N, class T>
__device__ inline void store_narrow(T* to, const float (&from)[N]) {
  Pack<T, N> pack;
#pragma unroll
  for (int i = 0; i < N; ++i) pack.values[i] = narrow<T>(from[i]);
  store<N>(to, pack);
}

/// Elements of the widest of the types that fit into 16 bytes.
template <class... T>
inline constexpr int kPackSize = 16 / static_cast<int>(std::max({sizeof(T)...}));

/// True if 16-byte accesses are allowed from this address on. Slices may start anywhere.
inline bool aligned(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; }

}  // namespace siam::cuda
