#include "tensor/cuda/tuning.h"

#include <algorithm>
#include <limits>

#include "tensor/check.h"
#include "tensor/cuda/handles.h"
#include "tensor/cuda/runtime.h"
#include "tensor/tensor.h"

namespace siam::cuda {

namespace {

const cudaDeviceProp& properties() {
  static const cudaDeviceProp found = [] {
    int device = 0;
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDevice(&device));
    CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
    return properties;
  }();
  return found;
}

std::string machine() {
  return fmt::format("{}-cudnn{}-cublas{}", properties().name, cudnnGetVersion(),
                     cublasLtGetVersion());
}

// Keeps the device busy for some 0.2 ms, longer than the host needs to queue what is measured, and
// leaves nothing of that in its cache.
void work_ahead(const Tensor& cache) {
  constexpr int64_t kBytes = int64_t{512} << 20;
  for (int64_t bytes = 0; bytes < kBytes && cache.numel() > 0; bytes += cache.numel())
    set_bytes(cache.raw(), 0, cache.bytes());
}

}  // namespace

Tuner& tuner() {
  static auto* tuner = new Tuner(default_plan_file(machine()), machine());  // never destroyed
  return *tuner;
}

double device_seconds(const std::function<void()>& call) {
  constexpr int kRepeats = 5;
  double best = std::numeric_limits<double>::infinity();
  try {
    call();
    const Tensor cache = [] {
      const ScopedAllocator scope(caching_allocator(), Device::cuda);
      return Tensor::empty({properties().l2CacheSize}, DType::u8, Device::cuda);
    }();
    const Event begin = make_event(true), end = make_event(true);
    for (int i = 0; i < kRepeats; ++i) {
      work_ahead(cache);
      CUDA_CHECK(cudaEventRecord(begin, current_stream()));
      call();
      CUDA_CHECK(cudaEventRecord(end, current_stream()));
      CUDA_CHECK(cudaEventSynchronize(end));
      float milliseconds = 0;
      CUDA_CHECK(cudaEventElapsedTime(&milliseconds, begin, end));
      best = std::min(best, milliseconds / 1e3);
    }
  } catch (const Error&) {
    return std::numeric_limits<double>::infinity();
  }
  return best;
}

}  // namespace siam::cuda
