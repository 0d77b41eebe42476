#pragma once
// One check for the status codes of all CUDA libraries: CUDA_CHECK(cudaMemcpy(...)) throws Error
// with the failing expression and the library's own words.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace siam::cuda {

void check_status(cudaError_t status, const char* expression);
void check_status(cublasStatus_t status, const char* expression);
void check_status(cudnnStatus_t status, const char* expression);

}  // namespace siam::cuda

#define CUDA_CHECK(expression) ::siam::cuda::check_status((expression), #expression)
