#pragma once
// Memory of the GPU and for the GPU. This header, stream.h, fence.h, graph.h, time_mark.h and
// device.h are all that the rest of the project sees of one; their bodies are in cuda/runtime/, or
// in no_cuda.cc, where each is an error that says what to do.

#include <cstddef>
#include <memory>

#include "tensor/allocator.h"

namespace siam {

/// caching_allocator(Device::cuda).
CachingAllocator& gpu_allocator();
/// GPU memory apart from all others'.
std::unique_ptr<CachingAllocator> make_memory_pool();
/// Page-locked memory of the host, between which and the GPU copies run without the host. Tensors
/// get it by `const ScopedAllocator scope(pinned_allocator());`. What is freed is handed on at
/// once, so its owner keeps it until the copies are done that use it.
CachingAllocator& pinned_allocator();

/// Copies from, to or on the GPU, ordered with the current stream; returns when the source may be
/// changed and, where the destination is host memory, when the data is there.
void gpu_copy(void* destination, Device to, const void* source, Device from, size_t bytes);
/// Queues a copy on the current stream and returns at once. Until the stream has passed it (Fence,
/// fence.h) the caller keeps both memories, writes to neither and does not read the destination.
/// What is the host's must come from pinned_allocator(): with other memory the driver may wait.
void queue_copy(void* destination, const void* source, size_t bytes);
/// Queues the filling of GPU memory with one value per byte.
void gpu_fill(void* destination, int value, size_t bytes);

}  // namespace siam
