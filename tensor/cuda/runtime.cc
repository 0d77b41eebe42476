#include "tensor/cuda/runtime.h"

#include <unistd.h>

#include <atomic>

#include "tensor/cuda/handles.h"

namespace siam::cuda {

namespace {

std::atomic<LibraryPolicy> policy;
thread_local cudaStream_t scoped_stream = nullptr;

// Nothing if there is no memory.
void* found(cudaError_t status, void* memory, const char* what) {
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check_status(status, what);
  return memory;
}

void* allocate_device(size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  return found(status, memory, "cudaMalloc");
}

void* allocate_pinned(size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMallocHost(&memory, bytes);
  return found(status, memory, "cudaMallocHost");
}

// What the other tensors' allocator keeps without use is given up first.
void* allocate_for_pool(size_t bytes) {
  void* memory = allocate_device(bytes);
  if (memory != nullptr) return memory;
  caching_allocator().release_cached();
  return allocate_device(bytes);
}

// The status is of no use: memory is given back while unwinding or at exit, when the driver may be
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

struct Devices {
  int count = 0;
  std::string problem;
};

const Devices& devices() {
  static const Devices found = [] {
    Devices devices;
    const cudaError_t status = cudaGetDeviceCount(&devices.count);
    if (status != cudaSuccess || devices.count == 0) {
      cudaGetLastError();
      return Devices{0, missing_device(status, driver_version())};
    }
    int device = 0;
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDevice(&device));
    CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
    const std::string old = old_device(properties.name, properties.major, properties.minor);
    return old.empty() ? devices : Devices{0, old};
  }();
  return found;
}

cudaStream_t shared_stream() {
  // Never destroyed: the driver may be unloaded before static objects are.
  static const auto* stream = new Stream(make_stream());
  return *stream;
}

}  // namespace

int device_count() { return devices().count; }
std::string device_problem() { return devices().problem; }

void synchronize() { CUDA_CHECK(cudaStreamSynchronize(current_stream())); }

CachingAllocator& caching_allocator() {
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

void copy(void* destination, Device to, const void* source, Device from, size_t bytes) {
  queue_copy(destination, source, bytes);
  // Between two places on the device the order of the stream is enough, and a capture allows no
  // waiting.
  if (to == Device::cpu || from == Device::cpu) synchronize();
}

void queue_copy(void* destination, const void* source, size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDefault, current_stream()));
}

void set_bytes(void* destination, int value, size_t bytes) {
  CUDA_CHECK(cudaMemsetAsync(destination, value, bytes, current_stream()));
}

Stream make_stream() {
  Stream stream;
  CUDA_CHECK(cudaStreamCreateWithFlags(stream.out(), cudaStreamNonBlocking));
  return stream;
}

Event make_event(unsigned flags) {
  Event event;
  CUDA_CHECK(cudaEventCreateWithFlags(event.out(), flags));
  return event;
}

cudaStream_t current_stream() { return scoped_stream ? scoped_stream : shared_stream(); }

ScopedStream::ScopedStream(cudaStream_t stream) : previous_(std::exchange(scoped_stream, stream)) {}
ScopedStream::~ScopedStream() { scoped_stream = previous_; }

cublasLtHandle_t cublas() {
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t created = nullptr;
    CUDA_CHECK(cublasLtCreate(&created));
    return created;
  }();
  return handle;
}

cudnnHandle_t cudnn() {
  // A cuDNN handle serves one thread at a time; cuBLASLt's may be shared.
  thread_local const Owner<cudnnHandle_t, cudnnDestroy> handle = [] {
    Owner<cudnnHandle_t, cudnnDestroy> created;
    CUDA_CHECK(cudnnCreate(created.out()));
    return created;
  }();
  CUDA_CHECK(cudnnSetStream(handle, current_stream()));
  return handle;
}

LibraryPolicy library_policy() { return policy; }
void set_library_policy(LibraryPolicy chosen) { policy = chosen; }

}  // namespace siam::cuda
