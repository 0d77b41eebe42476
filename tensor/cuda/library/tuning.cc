#include "tensor/cuda/library/tuning.h"

#include <algorithm>
#include <limits>

#include "tensor/check.h"
#include "tensor/cuda/runtime/handles.h"
#include "tensor/memory.h"
#include "tensor/tensor.h"
#include "tensor/time_mark.h"

namespace siam::cuda {

namespace {

const cudaDeviceProp& properties() {
  static const cudaDeviceProp found = [] {
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDeviceProperties(&properties, device()));
    return properties;
  }();
  return found;
}

std::string machine() {
  return fmt::format("{}-cudnn{}-cublas{}", properties().name, cudnnGetVersion(),
                     cublasLtGetVersion());
}

// Keeps the device busy for about 0.2 ms, longer than the host needs to queue the work to be
// measured, and evicts that work's data from the cache.
void work_ahead(const Tensor& cache) {
  constexpr int64_t kBytes = int64_t{512} << 20;
  for (int64_t bytes = 0; bytes < kBytes && cache.numel() > 0; bytes += cache.numel())
    gpu_fill(cache.raw(), 0, cache.bytes());
}

}  // namespace

Tuner& tuner() {
  static auto* tuner = new Tuner(default_plan_file(machine()), machine());  // never destroyed
  return *tuner;
}

double device_seconds(const std::function<void()>& call, double least) {
  constexpr int kRepeats = 5;
  double best = std::numeric_limits<double>::infinity();
  try {
    call();
    const Tensor cache = [] {
      const ScopedAllocator scope(gpu_allocator(), Device::cuda);
      return Tensor::empty({properties().l2CacheSize}, DType::u8, Device::cuda);
    }();
    for (int i = 0; i < kRepeats && (i == 0 || best < 2 * least); ++i) {
      work_ahead(cache);
      const TimeMark begin(Device::cuda);
      call();
      best = std::min(best, seconds_between(begin, TimeMark(Device::cuda)));
    }
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error&) {
    return std::numeric_limits<double>::infinity();
  }
  return best;
}

}  // namespace siam::cuda
