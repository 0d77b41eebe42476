#pragma once
// The CUDA device as the rest of tensor/ sees it. Declared in every build, defined where kCudaBuild
// is true; callers ask `if constexpr (kCudaBuild)`.

#include <cstddef>
#include <memory>

#include "tensor/allocator.h"

namespace siam::cuda {

/// Number of GPUs; 0 without a driver.
int device_count();
void synchronize();
CachingAllocator& caching_allocator();
/// GPU memory apart from all others'.
std::unique_ptr<CachingAllocator> make_memory_pool();

/// Copies between any two places, ordered with the current stream; returns when the source may be
/// changed and, where the destination is host memory, when the data is there.
void copy(void* destination, Device to, const void* source, Device from, size_t bytes);
void set_bytes(void* destination, int value, size_t bytes);

}  // namespace siam::cuda
