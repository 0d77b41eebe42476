// All kernels for one instruction set: SIAM_KERNELS names the table, SIAM_LANES its vectors' width.

#include "tensor/cpu/kernels/kernels.h"

#include "tensor/cpu/kernels/direct_conv.h"
#include "tensor/cpu/kernels/direct_weight.h"
#include "tensor/cpu/kernels/matmul.h"
#include "tensor/cpu/kernels/winograd.h"
#include "tensor/cpu/kernels/winograd_weight.h"
#include "tensor/dtype.h"

namespace siam::cpu {
namespace {

// Calls body(T()) with the storage type.
template <class Body>
void with_type(DType type, const Body& body) {
  if (type == DType::bf16) return body(Bf16());
  if (type == DType::f16) return body(F16());
  body(float());
}

void conv2d(const ConvShape& shape, ConvAlgorithm algorithm, DType type, const void* x,
            const void* w, void* y) {
  with_type(type, [&]<class T>(T) {
    (algorithm == ConvAlgorithm::winograd ? winograd_conv<T>
                                          : direct_conv<T>)(shape, static_cast<const T*>(x),
                                                            static_cast<const T*>(w),
                                                            static_cast<T*>(y));
  });
}

void conv2d_backward_data(const ConvShape& shape, ConvAlgorithm algorithm, DType type,
                          const void* dy, const void* w, void* dx) {
  with_type(type, [&]<class T>(T) {
    (algorithm == ConvAlgorithm::winograd
         ? winograd_backward_data<T>
         : direct_backward_data<T>)(shape, static_cast<const T*>(dy), static_cast<const T*>(w),
                                    static_cast<T*>(dx));
  });
}

void conv2d_backward_weight(const ConvShape& shape, ConvAlgorithm algorithm, DType type,
                            const void* dy, const void* x, float* dw) {
  with_type(type, [&]<class T>(T) {
    (algorithm == ConvAlgorithm::winograd
         ? winograd_backward_weight<T>
         : direct_backward_weight<T>)(shape, static_cast<const T*>(dy), static_cast<const T*>(x),
                                      dw);
  });
}

void matmul(const MatmulShape& shape, DType type, const void* a, const void* b, DType c_type,
            void* c) {
  with_type(type, [&]<class T>(T) {
    auto* left = static_cast<const T*>(a);
    auto* right = static_cast<const T*>(b);
    if (c_type == DType::f32)
      matmul(shape, left, right, static_cast<float*>(c));
    else
      matmul(shape, left, right, static_cast<T*>(c));
  });
}

}  // namespace

const Kernels SIAM_KERNELS = {conv2d, conv2d_backward_data, conv2d_backward_weight, matmul};

}  // namespace siam::cpu
