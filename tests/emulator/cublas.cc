// The part of cuBLASLt that tensor/cuda/library/matmul.cc calls: column-major products, summed in
// f32.

#include <cublasLt.h>

#include <bit>
#include <map>

#include "tests/emulator/element.h"
#include "tests/emulator/stream.h"

namespace emulator {

namespace {

struct Operation {
  bool tf32;
  bool transpose[2] = {};  ///< of a and of b
};
struct Layout {
  siam::DType type;
  int64_t rows, columns, leading;
};

siam::DType type_of(cudaDataType_t type) {
  return type == CUDA_R_16BF  ? siam::DType::bf16
         : type == CUDA_R_16F ? siam::DType::f16
                              : siam::DType::f32;
}

template <class T, class Handle>
T& as(Handle handle) {
  return *reinterpret_cast<T*>(handle);
}
template <class Handle, class T>
cublasStatus_t create(Handle* handle, T* object) {
  *handle = reinterpret_cast<Handle>(object);
  return CUBLAS_STATUS_SUCCESS;
}

/// Rounds to 10 mantissa bits, half to even.
float round_to_tf32(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits + 0xfffu + ((bits >> 13) & 1u)) & ~0x1fffu);
}

struct Operand {
  const void* data;
  Layout layout;
  bool transposed, tf32;
  int64_t rows() const { return transposed ? layout.columns : layout.rows; }
  int64_t columns() const { return transposed ? layout.rows : layout.columns; }
  float at(int64_t row, int64_t column) const {
    const float value =
        read(data, layout.type,
             transposed ? column + row * layout.leading : row + column * layout.leading);
    return tf32 ? round_to_tf32(value) : value;
  }
};

void multiply(const Operand& a, const Operand& b, void* d, const Layout& layout) {
  for (int64_t column = 0; column < layout.columns; ++column)
    for (int64_t row = 0; row < layout.rows; ++row) {
      float sum = 0;
      for (int64_t k = 0; k < a.columns(); ++k) sum += a.at(row, k) * b.at(k, column);
      write(d, layout.type, row + column * layout.leading, sum);
    }
}

}  // namespace

}  // namespace emulator

using namespace emulator;

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) { return create(handle, new char); }
size_t cublasLtGetVersion() { return 0; }
const char* cublasLtGetStatusString(cublasStatus_t) { return "an error of the emulator"; }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* handle, cublasComputeType_t compute,
                                        cudaDataType_t) {
  return create(handle, new Operation{compute == CUBLAS_COMPUTE_32F_FAST_TF32});
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t handle) {
  delete &as<Operation>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t handle,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, size_t bytes) {
  const bool first = attribute == CUBLASLT_MATMUL_DESC_TRANSA;
  if ((!first && attribute != CUBLASLT_MATMUL_DESC_TRANSB) || bytes != sizeof(cublasOperation_t))
    return CUBLAS_STATUS_INVALID_VALUE;
  as<Operation>(handle).transpose[first ? 0 : 1] =
      *static_cast<const cublasOperation_t*>(value) != CUBLAS_OP_N;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* handle, cudaDataType_t type,
                                          uint64_t rows, uint64_t columns, int64_t leading) {
  if (leading < static_cast<int64_t>(rows)) return CUBLAS_STATUS_INVALID_VALUE;
  return create(handle, new Layout{type_of(type), static_cast<int64_t>(rows),
                                   static_cast<int64_t>(columns), leading});
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t handle) {
  delete &as<Layout>(handle);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* handle) {
  return create(handle, new char);
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t handle) {
  delete &as<char>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}

// Two algorithms that do the same.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int limit,
                                              cublasLtMatmulHeuristicResult_t results[],
                                              int* count) {
  *count = limit < 2 ? limit : 2;
  for (int i = 0; i < *count; ++i) {
    results[i] = {};
    results[i].algo.data[0] = static_cast<uint64_t>(i) + 1;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void*, size_t,
                              cudaStream_t stream) {
  const Operation& op = as<Operation>(operation);
  const Operand first{a, as<Layout>(a_layout), op.transpose[0], op.tf32};
  const Operand second{b, as<Layout>(b_layout), op.transpose[1], op.tf32};
  const Layout result = as<Layout>(d_layout);
  const bool supported = *static_cast<const float*>(alpha) == 1 &&
                         *static_cast<const float*>(beta) == 0 && c == d &&
                         algorithm->data[0] != 0 && first.columns() == second.rows() &&
                         first.rows() == result.rows && second.columns() == result.columns;
  if (!supported) return CUBLAS_STATUS_INVALID_VALUE;
  enqueue(stream, [=] { multiply(first, second, d, result); });
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
