#pragma once
// One check for the status codes of all CUDA libraries: CUDA_CHECK(cudaMemcpy(...)) throws Error
// with the failing expression and the library's own words.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <string>

#include "tensor/dtype.h"

namespace siam::cuda {

void check_status(cudaError_t status, const char* expression);
void check_status(cublasStatus_t status, const char* expression);
void check_status(cudnnStatus_t status, const char* expression);

/// From cudaDriverGetVersion: 1000 major + 10 minor of the newest CUDA that the driver supports; 0
/// without a driver.
int driver_version();
/// The message to a user for cudaGetDeviceCount's status when no GPU was found with that version of
/// the driver.
std::string missing_device(cudaError_t status, int driver);
/// A GPU and its compute capability, major.minor.
struct Gpu {
  std::string name;
  int major, minor;
};
/// The message for a GPU that is older than `oldest`, 10 major + minor of the oldest GPUs that this
/// build has kernels for (-Dgpu_archs, meson.build); otherwise empty.
std::string old_device(const Gpu& gpu, int oldest);
/// The message if the libraries' products and convolutions do not support the type on this GPU:
/// bf16 needs 8.0; otherwise empty.
std::string unserved_type(const Gpu& gpu, DType type);

}  // namespace siam::cuda

#define CUDA_CHECK(expression) ::siam::cuda::check_status((expression), #expression)
