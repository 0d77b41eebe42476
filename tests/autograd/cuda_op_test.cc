// The table of op cases on the GPU, forward and backward.

#include <doctest/doctest.h>

#include "tests/autograd/op_cases.h"
#include "tests/tensor/cuda_compare.h"

namespace siam {

// Every sum is taken in f32, in another order than on the CPU, with exp, log and rsqrt that are off
// by up to 2 ulp, and with convolution algorithms that cuDNN chooses; Winograd's transforms cost
// about 1e-6. A product in TF32 is off by 2e-4, a sum kept in f16 by more.
constexpr double kF32 = 1e-5;

TEST_CASE("f32 on the GPU agrees with the double reference, forward and backward") {
  for (const OpCase& c : op_cases()) compare_with_reference(c, DType::f32, Device::cuda, kF32);
}

// Two roundings to the type: a value on the edge may be rounded to the other side than in the
// reference, and cuDNN writes a filter's gradient in the type before it becomes f32.
TEST_CASE("bf16 and f16 on the GPU agree with the double reference, forward and backward") {
  for (const DType type : served_types({DType::bf16, DType::f16})) {
    const double unit = type == DType::bf16 ? 0x1p-8 : 0x1p-11;
    for (const OpCase& c : op_cases())
      compare_with_reference(c, type, Device::cuda, 2 * unit + kF32);
  }
}

}  // namespace siam
