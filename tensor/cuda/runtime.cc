#include "tensor/cuda/runtime.h"

#include <atomic>

#include "tensor/cuda/handles.h"

namespace siam::cuda {

namespace {

std::atomic<LibraryPolicy> policy;
thread_local cudaStream_t scoped_stream = nullptr;

void* allocate_device(size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check_status(status, "cudaMalloc");
  return memory;
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

std::string device_advice(size_t bytes) {
  size_t free = 0, total = 0;
  CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return fmt::format(
      "{:.0f} of {:.0f} MiB free on the GPU, {:.0f} MiB asked for; use a smaller batch",
      static_cast<double>(free) / 1048576.0, static_cast<double>(total) / 1048576.0,
      static_cast<double>(bytes) / 1048576.0);
}

struct Devices {
  int count = 0;
  std::string problem;
};

const Devices& devices() {
  static const Devices found = [] {
    Devices devices;
    const cudaError_t status = cudaGetDeviceCount(&devices.count);
    if (status == cudaSuccess && devices.count > 0) return devices;
    cudaGetLastError();
    return Devices{0, missing_device(status, driver_version())};
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

void copy(void* destination, Device to, const void* source, Device from, size_t bytes) {
  const cudaStream_t stream = current_stream();
  CUDA_CHECK(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDefault, stream));
  // Between two places on the device the order of the stream is enough, and a capture allows no
  // waiting.
  if (to == Device::cpu || from == Device::cpu) CUDA_CHECK(cudaStreamSynchronize(stream));
}

void set_bytes(void* destination, int value, size_t bytes) {
  CUDA_CHECK(cudaMemsetAsync(destination, value, bytes, current_stream()));
}

Stream make_stream() {
  Stream stream;
  CUDA_CHECK(cudaStreamCreateWithFlags(stream.out(), cudaStreamNonBlocking));
  return stream;
}

Event make_event(bool timing) {
  Event event;
  CUDA_CHECK(
      cudaEventCreateWithFlags(event.out(), timing ? cudaEventDefault : cudaEventDisableTiming));
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
