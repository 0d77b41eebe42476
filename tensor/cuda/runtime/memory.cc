#include "tensor/memory.h"

#include <unistd.h>

#include "tensor/cuda/runtime/handles.h"

namespace siam {

namespace {

// Null if there is no memory.
void* found(cudaError_t status, void* memory, const char* what) {
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  cuda::check_status(status, what);
  return memory;
}

void* allocate_device(size_t bytes) {
  cuda::device();
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  return found(status, memory, "cudaMalloc");
}

void* allocate_pinned(size_t bytes) {
  cuda::device();
  void* memory = nullptr;
  const cudaError_t status = cudaMallocHost(&memory, bytes);
  return found(status, memory, "cudaMallocHost");
}

// If necessary, first releases what the other tensors' allocator has cached.
void* allocate_for_pool(size_t bytes) {
  void* memory = allocate_device(bytes);
  if (memory != nullptr) return memory;
  gpu_allocator().release_cached();
  return allocate_device(bytes);
}

// The status is ignored: memory may be freed during unwinding or at exit, when the driver may be
// gone.
void free_device(void* memory) { cudaFree(memory); }
void free_pinned(void* memory) { cudaFreeHost(memory); }

double mib(size_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

std::string device_advice(size_t bytes) {
  size_t free = 0, total = 0;
  CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return fmt::format("{:.0f} of {:.0f} MiB free on the GPU, {:.0f} MiB asked for", mib(free),
                     mib(total), mib(bytes));
}

std::string pinned_advice(size_t bytes) {
  const auto pages = static_cast<size_t>(sysconf(_SC_AVPHYS_PAGES));
  return fmt::format(
      "{:.0f} MiB of the host's memory free, {:.0f} MiB of it to be page-locked for copies to the "
      "GPU",
      mib(pages * static_cast<size_t>(sysconf(_SC_PAGESIZE))), mib(bytes));
}

}  // namespace

CachingAllocator& gpu_allocator() {
  static auto* device = new CachingAllocator({allocate_device, free_device, device_advice});
  return *device;
}

std::unique_ptr<CachingAllocator> make_memory_pool() {
  return std::make_unique<CachingAllocator>(
      MemorySource{allocate_for_pool, free_device, device_advice});
}

CachingAllocator& pinned_allocator() {
  static auto* host = new CachingAllocator({allocate_pinned, free_pinned, pinned_advice});
  return *host;
}

void gpu_copy(void* destination, Device to, const void* source, Device from, size_t bytes) {
  queue_copy(destination, source, bytes);
  // Within the device the order of the stream is enough, and a capture allows no waiting.
  if (to == Device::cpu || from == Device::cpu) synchronize(Device::cuda);
}

void queue_copy(void* destination, const void* source, size_t bytes) {
  CUDA_CHECK(
      cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDefault, cuda::current_stream()));
}

void gpu_fill(void* destination, int value, size_t bytes) {
  CUDA_CHECK(cudaMemsetAsync(destination, value, bytes, cuda::current_stream()));
}

}  // namespace siam
