#include "tensor/cuda/status.h"

#include <string_view>

#include "tensor/check.h"

namespace siam::cuda {

namespace {

// The function's name is enough to find the call; the arguments are only noise to a user.
std::string_view function_of(const char* expression) {
  const std::string_view text = expression;
  return text.substr(0, text.find('('));
}

}  // namespace

void check_status(cudaError_t status, const char* expression) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // clears an error that is not sticky, so that it is reported once
  if (status == cudaErrorNoDevice || status == cudaErrorInsufficientDriver)
    fail(
        "cuda: no usable GPU ({}); a driver of the toolkit's generation and a GPU are needed; use "
        "--device cpu",
        cudaGetErrorString(status));
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

}  // namespace siam::cuda
