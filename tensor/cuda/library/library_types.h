#pragma once
// Our storage types in the libraries' terms.

#include <cudnn.h>
#include <library_types.h>

#include "tensor/check.h"
#include "tensor/dtype.h"

namespace siam::cuda {

inline cudaDataType_t cuda_type(DType type) {
  switch (type) {
    case DType::f32: return CUDA_R_32F;
    case DType::bf16: return CUDA_R_16BF;
    case DType::f16: return CUDA_R_16F;
    default: fail("cublas: type {}; f32, bf16 or f16 is needed", type);
  }
}

inline cudnnDataType_t cudnn_type(DType type) {
  switch (type) {
    case DType::f32: return CUDNN_DATA_FLOAT;
    case DType::bf16: return CUDNN_DATA_BFLOAT16;
    case DType::f16: return CUDNN_DATA_HALF;
    default: fail("cudnn: type {}; f32, bf16 or f16 is needed", type);
  }
}

}  // namespace siam::cuda
