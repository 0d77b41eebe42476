#include "tensor/cpu/kernels/kernels.h"
#include "tensor/tensor.h"

namespace siam::cpu {

Scratch::Scratch(size_t floats)
    : tensor_(new Tensor(Tensor::empty({static_cast<int64_t>(floats)}))),
      data_(static_cast<Tensor*>(tensor_)->data<float>()) {}

Scratch::~Scratch() { delete static_cast<Tensor*>(tensor_); }

}  // namespace siam::cpu
