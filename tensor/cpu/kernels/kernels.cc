// All kernels for one instruction set: SIAM_KERNELS names the table, SIAM_LANES is its vectors'
// width.

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
    auto *in = static_cast<const T*>(x), *filters = static_cast<const T*>(w);
    auto* out = static_cast<T*>(y);
    if (algorithm == ConvAlgorithm::direct) return direct_conv(shape, in, filters, out);
    winograd_conv(shape, algorithm, in, filters, out);
  });
}

void conv2d_backward_data(const ConvShape& shape, ConvAlgorithm algorithm, DType type,
                          const void* dy, const void* w, void* dx) {
  with_type(type, [&]<class T>(T) {
    auto *in = static_cast<const T*>(dy), *filters = static_cast<const T*>(w);
    auto* out = static_cast<T*>(dx);
    if (algorithm == ConvAlgorithm::direct) return direct_backward_data(shape, in, filters, out);
    winograd_backward_data(shape, algorithm, in, filters, out);
  });
}

void conv2d_backward_weight(const ConvShape& shape, ConvAlgorithm algorithm, DType type,
                            const void* dy, const void* x, float* dw) {
  with_type(type, [&]<class T>(T) {
    auto *gradients = static_cast<const T*>(dy), *images = static_cast<const T*>(x);
    if (algorithm == ConvAlgorithm::direct)
      return direct_backward_weight(shape, gradients, images, dw);
    winograd_backward_weight(shape, algorithm, gradients, images, dw);
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

extern const Kernels SIAM_KERNELS;
const Kernels SIAM_KERNELS = {conv2d, conv2d_backward_data, conv2d_backward_weight, matmul};

}  // namespace siam::cpu
