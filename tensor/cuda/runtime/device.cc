#include "tensor/device.h"

#include <atomic>

#include "tensor/check.h"
#include "tensor/cuda/runtime/handles.h"
#include "tensor/gpu_ranks.h"

namespace siam {

namespace {

using cuda::Gpu;

std::atomic<int> chosen = 0;

struct Devices {
  int count = 0;
  Gpu current;
  std::string problem;
};

const Devices& devices() {
  static const Devices found = [] {
    Devices devices;
    const cudaError_t status = cudaGetDeviceCount(&devices.count);
    if (status != cudaSuccess || devices.count == 0) {
      cudaGetLastError();
      return Devices{0, {}, cuda::missing_device(status, cuda::driver_version())};
    }
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDeviceProperties(&properties, chosen));
    devices.current = {properties.name, properties.major, properties.minor};
    devices.problem = cuda::old_device(devices.current, SIAM_OLDEST_GPU);
    if (!devices.problem.empty()) devices.count = 0;
    return devices;
  }();
  return found;
}

}  // namespace

bool cuda_available() { return devices().count > 0; }
std::string why_no_cuda() { return devices().problem; }
bool cuda_serves(DType type) {
  return cuda_available() && cuda::unserved_type(devices().current, type).empty();
}

void choose_gpu(int index) {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess && count > 0) chosen = index % count;
  cudaGetLastError();  // a missing GPU is reported where one is needed
}

int cuda::device() {
  thread_local int current = -1;
  if (current != chosen) {
    CUDA_CHECK(cudaSetDevice(chosen));
    current = chosen;
  }
  return current;
}

void synchronize(Device device) {
  if (device == Device::cuda) CUDA_CHECK(cudaStreamSynchronize(cuda::current_stream()));
}

void cuda::check_served(DType type) {
  const std::string problem = unserved_type(devices().current, type);
  check(problem.empty(), "{}", problem);
}

}  // namespace siam
