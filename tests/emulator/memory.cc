#include "tests/emulator/memory.h"

#include <cuda_runtime_api.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "tests/emulator/stream.h"

namespace emulator {

namespace {

std::mutex mutex;
int accessing = 0;
std::map<char*, size_t> segments;
std::map<void*, size_t> pinned;

// $SIMSIAM_EMULATOR_MIB makes a small device.
size_t capacity() {
  const char* mib = std::getenv("SIMSIAM_EMULATOR_MIB");
  return static_cast<size_t>(mib != nullptr ? std::atoll(mib) : 4096) << 20;
}

size_t in_use() {
  size_t total = 0;
  for (const auto& [start, bytes] : segments) total += bytes;
  return total;
}

void protect_all(int protection) {
  for (const auto& [start, bytes] : segments) mprotect(start, bytes, protection);
}

}  // namespace

DeviceAccess::DeviceAccess() {
  const std::lock_guard lock(mutex);
  if (accessing++ == 0) protect_all(PROT_READ | PROT_WRITE);
}
DeviceAccess::~DeviceAccess() {
  const std::lock_guard lock(mutex);
  if (--accessing == 0) protect_all(PROT_NONE);
}

}  // namespace emulator

using namespace emulator;

extern "C" {

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  if (spoil_capture()) return cudaErrorStreamCaptureUnsupported;
  if (const cudaError_t error = check_device()) return error;
  const std::lock_guard lock(mutex);
  if (in_use() + bytes > capacity()) return cudaErrorMemoryAllocation;
  void* start = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return cudaErrorMemoryAllocation;
  segments[static_cast<char*>(start)] = bytes;
  *memory = start;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (spoil_capture()) return cudaErrorStreamCaptureUnsupported;
  drain_all();
  const std::lock_guard lock(mutex);
  const auto segment = segments.find(static_cast<char*>(memory));
  if (segment == segments.end()) return cudaErrorInvalidValue;
  munmap(memory, segment->second);
  segments.erase(segment);
  return cudaSuccess;
}

// Ordinary host memory, since the emulator copies on the host. Freeing it waits for nothing, so
// work still queued must not use it.
cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  if (spoil_capture()) return cudaErrorStreamCaptureUnsupported;
  if (const cudaError_t error = check_device()) return error;
  const std::lock_guard lock(mutex);
  void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return cudaErrorMemoryAllocation;
  pinned[start] = bytes;
  *memory = start;
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  if (spoil_capture()) return cudaErrorStreamCaptureUnsupported;
  const std::lock_guard lock(mutex);
  const auto segment = pinned.find(memory);
  if (segment == pinned.end()) return cudaErrorInvalidValue;
  munmap(memory, segment->second);
  pinned.erase(segment);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const std::lock_guard lock(mutex);
  *total = capacity();
  *free = *total - in_use();
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  return enqueue(stream, [=] {
    if (bytes > 0) std::memcpy(to, from, bytes);
  });
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return enqueue(stream, [=] { std::memset(to, value, bytes); });
}

// $SIMSIAM_EMULATOR_GPUS GPUs, of which a process uses one.
cudaError_t cudaGetDeviceCount(int* count) {
  const char* gpus = std::getenv("SIMSIAM_EMULATOR_GPUS");
  *count = gpus != nullptr ? std::atoi(gpus) : 1;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  std::memset(properties, 0, sizeof *properties);
  properties->uuid.bytes[0] = static_cast<char>(device);
  std::strcpy(properties->name, "emulator");
  const char* capability = std::getenv("SIMSIAM_EMULATOR_CAPABILITY");
  const int both = capability != nullptr ? std::atoi(capability) : 90;
  properties->major = both / 10;
  properties->minor = both % 10;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  if (attribute != cudaDevAttrMaxSharedMemoryPerBlockOptin) return cudaErrorNotSupported;
  *value = 227 * 1024;
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error";
    default: return "an error of the emulator";
  }
}

}  // extern "C"
