#include "tensor/cuda/tuning.h"

#include <algorithm>
#include <limits>

#include "tensor/check.h"
#include "tensor/cuda/handles.h"

namespace siam::cuda {

namespace {

std::string machine() {
  int device = 0;
  cudaDeviceProp properties;
  CUDA_CHECK(cudaGetDevice(&device));
  CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  return fmt::format("{}-cudnn{}-cublas{}", properties.name, cudnnGetVersion(),
                     cublasLtGetVersion());
}

}  // namespace

Tuner& tuner() {
  static auto* tuner = new Tuner(default_plan_file(machine()), machine());  // never destroyed
  return *tuner;
}

double device_seconds(const std::function<void()>& call) {
  constexpr int kRepeats = 3;
  double best = std::numeric_limits<double>::infinity();
  try {
    call();
    const Event begin = make_event(true), end = make_event(true);
    for (int i = 0; i < kRepeats; ++i) {
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
