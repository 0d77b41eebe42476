#pragma once
// Memory on the GPU, and host memory for it. This header, stream.h, fence.h, graph.h, time_mark.h
// and device.h are all that the rest of the project sees of a GPU; they are implemented in
// cuda/runtime/, or in no_cuda.cc, where each is an error that says what to do.

#include <cstddef>
#include <memory>

#include "tensor/allocator.h"

namespace siam {

/// caching_allocator(Device::cuda).
CachingAllocator& gpu_allocator();
/// A separate pool of GPU memory.
std::unique_ptr<CachingAllocator> make_memory_pool();
/// Page-locked host memory, which the GPU copies without the CPU. Tensors get it by
/// `const ScopedAllocator scope(pinned_allocator());`. Freed memory may be reused at once, so its
/// owner must keep it until the copies that use it are done.
CachingAllocator& pinned_allocator();

/// Copies from, to or on the GPU, ordered with the current stream; returns when the source may be
/// changed and, if the destination is host memory, when the data is there.
void gpu_copy(void* destination, Device to, const void* source, Device from, size_t bytes);
/// Queues a copy on the current stream and returns at once. Until the stream has passed it (Fence,
/// fence.h) the caller must keep both buffers alive, write to neither and not read the destination.
/// Host memory must come from pinned_allocator(): with other memory the driver may wait.
void queue_copy(void* destination, const void* source, size_t bytes);
/// Queues filling GPU memory with one value per byte.
void gpu_fill(void* destination, int value, size_t bytes);

}  // namespace siam
