// Kernels for bf16 on CPUs with instructions for it: the shapes they support, by products of pairs
// or of tiles (bf16_products.h).

#include "tensor/cpu/kernels/kernels.h"

#include "tensor/cpu/kernels/bf16_products.h"
#include "tensor/cpu/kernels/direct_conv.h"
#include "tensor/cpu/kernels/matmul.h"
#include "tensor/cpu/kernels/tile_weight.h"
#include "tensor/dtype.h"

namespace siam::cpu {
namespace {

template <class Products>
void conv2d(const ConvShape& shape, const void* x, const void* w, void* y) {
  direct_conv<Products>(shape, static_cast<const Bf16*>(x), static_cast<const Bf16*>(w),
                        static_cast<Bf16*>(y));
}

template <class Products>
void conv2d_backward_data(const ConvShape& shape, const void* dy, const void* w, void* dx) {
  direct_backward_data<Products>(shape, static_cast<const Bf16*>(dy), static_cast<const Bf16*>(w),
                                 static_cast<Bf16*>(dx));
}

void tile_backward_weight(const ConvShape& shape, const void* dy, const void* x, float* dw) {
  tile_weight(shape, static_cast<const Bf16*>(dy), static_cast<const Bf16*>(x), dw);
}

template <class Products>
void matmul(const MatmulShape& shape, const void* a, const void* b, DType c_type, void* c) {
  auto *left = static_cast<const Bf16*>(a), *right = static_cast<const Bf16*>(b);
  if (c_type == DType::f32)
    matmul<Products>(shape, left, right, static_cast<float*>(c));
  else
    matmul<Products>(shape, left, right, static_cast<Bf16*>(c));
}

}  // namespace

extern const Bf16Kernels pair_kernels, tile_kernels;
const Bf16Kernels pair_kernels = {2, conv2d<PairProducts>, conv2d_backward_data<PairProducts>,
                                  nullptr, matmul<PairProducts>};
const Bf16Kernels tile_kernels = {kDepth, conv2d<TileProducts>, conv2d_backward_data<TileProducts>,
                                  tile_backward_weight, matmul<TileProducts>};

}  // namespace siam::cpu
