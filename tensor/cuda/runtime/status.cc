#include "tensor/cuda/runtime/status.h"

#include <string_view>

#include "tensor/check.h"

namespace siam::cuda {

namespace {

// The function's name is enough to find the call; to a user the arguments are only noise.
std::string_view function_of(const char* expression) {
  const std::string_view text = expression;
  return text.substr(0, text.find('('));
}

}  // namespace

void check_status(cudaError_t status, const char* expression) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // clears an error that is not sticky, so that it is reported once
  if (status == cudaErrorNoDevice || status == cudaErrorInsufficientDriver)
    fail("cuda: {}", missing_device(status, driver_version()));
  fail("cuda: {}: {}, in {}", function_of(expression), cudaGetErrorString(status), expression);
}

void check_status(cublasStatus_t status, const char* expression) {
  check(status == CUBLAS_STATUS_SUCCESS, "cublas: {}: {}, in {}", function_of(expression),
        cublasLtGetStatusString(status), expression);
}

void check_status(cudnnStatus_t status, const char* expression) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char detail[512] = "";
  cudnnGetLastErrorString(detail, sizeof detail);
  fail("cudnn: {}: {} {}, in {}", function_of(expression), cudnnGetErrorString(status), detail,
       expression);
}

int driver_version() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

std::string missing_device(cudaError_t status, int driver) {
  // The runtime reports a missing driver as one that is too old.
  const bool too_old = status == cudaErrorInsufficientDriver;
  if (status == cudaErrorStubLibrary || (too_old && driver == 0))
    return fmt::format(
        "no NVIDIA driver is loaded; one for CUDA {} or later is needed; install it, or use "
        "--device cpu",
        CUDART_VERSION / 1000);
  if (too_old)
    return fmt::format(
        "the driver serves CUDA {}.{}; one for CUDA {} or later is needed; update it, or use "
        "--device cpu",
        driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000);
  if (status == cudaSuccess || status == cudaErrorNoDevice)
    return "the driver finds no GPU; one that nvidia-smi lists and CUDA_VISIBLE_DEVICES lets "
           "through "
           "is needed; or use --device cpu";
  return fmt::format(
      "the GPU does not answer ({}); a GPU and a driver that work are needed; try nvidia-smi, or "
      "use "
      "--device cpu",
      cudaGetErrorString(status));
}

std::string old_device(const Gpu& gpu, int oldest) {
  const int capability = 10 * gpu.major + gpu.minor;
  if (capability >= oldest) return {};
  return fmt::format(
      "{} has compute capability {}.{}; {}.{} or later is needed by this build; {}use --device cpu",
      gpu.name, gpu.major, gpu.minor, oldest / 10, oldest % 10,
      capability == 75 ? "configure it with -Dgpu_archs=sm_75, or " : "");
}

std::string unserved_type(const Gpu& gpu, DType type) {
  if (type != DType::bf16 || gpu.major >= 8) return {};
  return fmt::format(
      "bf16 on {}, compute capability {}.{}; 8.0 or later is needed; use --precision f16 or f32",
      gpu.name, gpu.major, gpu.minor);
}

}  // namespace siam::cuda
