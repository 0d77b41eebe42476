#pragma once
// One check for the status codes of all CUDA libraries: CUDA_CHECK(cudaMemcpy(...)) throws Error
// with the failing expression and the library's own words.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <string>

namespace siam::cuda {

void check_status(cudaError_t status, const char* expression);
void check_status(cublasStatus_t status, const char* expression);
void check_status(cudnnStatus_t status, const char* expression);

/// What cudaDriverGetVersion says: 1000 major + 10 minor of the newest CUDA that the driver serves;
/// 0 without a driver.
int driver_version();
/// What cudaGetDeviceCount's status, with no GPU found under that version of the driver, says to a
/// user.
std::string missing_device(cudaError_t status, int driver);
/// What a GPU of this compute capability says to a user if it is too old for the kernels, which are
/// compiled for 8.0 and later (meson.build); else nothing.
std::string old_device(const std::string& name, int major, int minor);

}  // namespace siam::cuda

#define CUDA_CHECK(expression) ::siam::cuda::check_status((expression), #expression)
