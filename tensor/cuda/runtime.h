#pragma once
// The CUDA device as the rest of tensor/ sees it. Declared in every build, defined where kCudaBuild
// is true; callers ask `if constexpr (kCudaBuild)`.

#include <compare>
#include <cstddef>
#include <memory>
#include <string>

#include "tensor/allocator.h"
#include "tensor/dtype.h"

namespace siam::cuda {

/// Number of GPUs; 0 without a driver.
int device_count();
/// Why there is none: what was seen; what is needed; what to do. Empty if there is one.
std::string device_problem();
void synchronize();
CachingAllocator& caching_allocator();
/// GPU memory apart from all others'.
std::unique_ptr<CachingAllocator> make_memory_pool();
/// Page-locked memory of the host, between which and the GPU copies run without the host. Tensors
/// get it by `const ScopedAllocator scope(cuda::pinned_allocator());`. What is freed is handed on
/// at once, so its owner keeps it until the copies are done that use it.
CachingAllocator& pinned_allocator();

/// What the libraries may do for speed in matrix products and convolutions.
struct LibraryPolicy {
  bool tf32 = false;          ///< round factors in f32 to 10 mantissa bits: several times faster
  bool deterministic = true;  ///< only algorithms that repeat bit by bit
  auto operator<=>(const LibraryPolicy&) const = default;

  /// As far as it matters for factors of this type.
  LibraryPolicy for_type(DType type) const { return {tf32 && type == DType::f32, deterministic}; }
  /// For a plan's name: empty by default.
  std::string suffix() const {
    return std::string(tf32 ? "_tf32" : "") + (deterministic ? "" : "_any");
  }
};
/// The process's.
LibraryPolicy library_policy();
void set_library_policy(LibraryPolicy policy);

/// Copies between any two places, ordered with the current stream; returns when the source may be
/// changed and, where the destination is host memory, when the data is there.
void copy(void* destination, Device to, const void* source, Device from, size_t bytes);
/// Queues a copy on the current stream and returns at once. Until the stream has passed it (Fence,
/// fence.h) the caller keeps both memories, writes to neither and does not read the destination.
/// What is the host's must come from pinned_allocator(): with other memory the driver may wait.
void queue_copy(void* destination, const void* source, size_t bytes);
void set_bytes(void* destination, int value, size_t bytes);

}  // namespace siam::cuda
