// Which kernels (tensor/cpu/kernels/) compute a convolution or matrix product on the CPU.

#include <algorithm>
#include <utility>

#include "tensor/backends.h"
#include "tensor/cpu/conv_algorithm.h"
#include "tensor/cpu/instruction_set.h"

namespace siam::cpu {

namespace {

thread_local bool direct_only = false;

ConvShape shape_of(const Tensor& x, const Tensor& w, const Tensor& y, ConvGeometry g) {
  return {x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(1),
          w.dim(2), y.dim(1), y.dim(2), g.stride, g.padding};
}

bool empty(const Tensor& a, const Tensor& b, const Tensor& c) {
  return !a.numel() || !b.numel() || !c.numel();
}

const Kernels& kernels_for(const ConvShape& s) { return kernels(std::min(s.c, s.k)); }

// The kernels for bf16, if they support sums over this many channels. Pairs of products are not
// faster than Winograd in f32 where that saves three products of four; tiles are.
const Bf16Kernels* bf16_kernels_for(DType type, int64_t channels, ConvAlgorithm otherwise) {
  const Bf16Kernels* kernels = type == DType::bf16 ? bf16_kernels() : nullptr;
  const bool faster = otherwise == ConvAlgorithm::direct ||
                      otherwise == ConvAlgorithm::winograd_stride2 ||
                      instruction_set() == InstructionSet::amx;
  return kernels != nullptr && faster && channels % kernels->depth == 0 ? kernels : nullptr;
}

}  // namespace

ScopedDirectConv::ScopedDirectConv() : previous_(std::exchange(direct_only, true)) {}
ScopedDirectConv::~ScopedDirectConv() { direct_only = previous_; }

// A tile costs as many products as there are pairs of points, even if it extends beyond the border;
// the transforms cost about half as much again.
ConvAlgorithm best_algorithm(const ConvShape& s) {
  constexpr int64_t kFewestChannels = 8;
  if (direct_only || s.r != 3 || s.s != 3 || std::min(s.c, s.k) < kFewestChannels)
    return ConvAlgorithm::direct;
  ConvAlgorithm best = ConvAlgorithm::direct;
  int64_t fewest = 9 * s.p * s.q;
  const auto consider = [&](ConvAlgorithm algorithm, int64_t side, int64_t products) {
    products *= ((s.p + side - 1) / side) * ((s.q + side - 1) / side);
    const int64_t cost = products + products / 2;
    if (cost < fewest) best = algorithm, fewest = cost;
  };
  if (s.stride == 1 && s.padding <= 2) {
    consider(ConvAlgorithm::winograd_f43, 4, 36);
    consider(ConvAlgorithm::winograd_f23, 2, 16);
  } else if (s.stride == 2 && s.padding == 1) {
    consider(ConvAlgorithm::winograd_stride2, 4, 81);
  }
  return best;
}

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  if (empty(x, w, y)) return reference::conv2d(x, w, geometry, y);
  const ConvShape s = shape_of(x, w, y, geometry);
  const ConvAlgorithm algorithm = best_algorithm(s);
  if (const auto* bf16 = bf16_kernels_for(x.dtype(), s.c, algorithm))
    return bf16->conv2d(s, x.raw(), w.raw(), y.raw());
  kernels_for(s).conv2d(s, algorithm, x.dtype(), x.raw(), w.raw(), y.raw());
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  if (empty(dy, w, dx)) return reference::conv2d_backward_data(dy, w, geometry, dx);
  const ConvShape s = shape_of(dx, w, dy, geometry);
  const ConvAlgorithm algorithm = best_algorithm(s);
  if (const auto* bf16 = bf16_kernels_for(dy.dtype(), s.k, algorithm))
    return bf16->conv2d_backward_data(s, dy.raw(), w.raw(), dx.raw());
  kernels_for(s).conv2d_backward_data(s, algorithm, dy.dtype(), dy.raw(), w.raw(), dx.raw());
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  if (empty(dy, x, dw)) return reference::conv2d_backward_weight(dy, x, geometry, dw);
  const ConvShape s = shape_of(x, dw, dy, geometry);
  const ConvAlgorithm algorithm = best_algorithm(s);
  const auto* bf16 = bf16_kernels_for(dy.dtype(), s.c, algorithm);
  if (bf16 != nullptr && bf16->conv2d_backward_weight != nullptr && s.k % 16 == 0)
    return bf16->conv2d_backward_weight(s, dy.raw(), x.raw(), dw.data<float>());
  kernels_for(s).conv2d_backward_weight(s, algorithm, dy.dtype(), dy.raw(), x.raw(),
                                        dw.data<float>());
}

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  if (empty(a, b, c)) return reference::matmul(a, ta, b, tb, c);
  const MatmulShape s{c.dim(0), c.dim(1), a.dim(ta == Transpose::yes ? 0 : 1), ta == Transpose::yes,
                      tb == Transpose::yes};
  if (const auto* bf16 = bf16_kernels_for(a.dtype(), s.k, ConvAlgorithm::direct))
    return bf16->matmul(s, a.raw(), b.raw(), c.dtype(), c.raw());
  kernels(s.n).matmul(s, a.dtype(), a.raw(), b.raw(), c.dtype(), c.raw());
}

}  // namespace siam::cpu
