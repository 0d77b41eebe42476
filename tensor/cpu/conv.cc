// Who computes convolutions and matrix products on the CPU: our own kernels (tensor/cpu/kernels/),
// but for bf16 products on CPUs that have instructions for them, where oneDNN is faster.

#include <algorithm>
#include <utility>

#include "tensor/backends.h"
#include "tensor/cpu/conv_algorithm.h"
#include "tensor/cpu/instruction_set.h"
#include "tensor/cpu/onednn.h"

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

// Winograd in f32 is faster than the plain products in bf16 where it saves three of four.
bool by_onednn(const ConvShape& s, DType type) {
  return type == DType::bf16 && instruction_set() == InstructionSet::avx512 &&
         onednn::serves_bf16() && (s.stride > 1 || best_algorithm(s) == ConvAlgorithm::direct);
}

}  // namespace

#ifndef SIAM_ONEDNN
std::vector<std::string> onednn_implementations() { return {}; }
namespace onednn {
bool serves_bf16() { return false; }
void conv2d(const Tensor&, const Tensor&, ConvGeometry, const Tensor&) {}
void conv2d_backward_data(const Tensor&, const Tensor&, ConvGeometry, const Tensor&) {}
}  // namespace onednn
#endif

ScopedDirectConv::ScopedDirectConv() : previous_(std::exchange(direct_only, true)) {}
ScopedDirectConv::~ScopedDirectConv() { direct_only = previous_; }

// A tile costs as many products as there are pairs of points, also where it reaches over the
// border; the transforms cost about half as much again.
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
  if (by_onednn(s, x.dtype())) return onednn::conv2d(x, w, geometry, y);
  kernels_for(s).conv2d(s, best_algorithm(s), x.dtype(), x.raw(), w.raw(), y.raw());
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  if (empty(dy, w, dx)) return reference::conv2d_backward_data(dy, w, geometry, dx);
  const ConvShape s = shape_of(dx, w, dy, geometry);
  if (by_onednn(s, dy.dtype())) return onednn::conv2d_backward_data(dy, w, geometry, dx);
  kernels_for(s).conv2d_backward_data(s, best_algorithm(s), dy.dtype(), dy.raw(), w.raw(),
                                      dx.raw());
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  if (empty(dy, x, dw)) return reference::conv2d_backward_weight(dy, x, geometry, dw);
  const ConvShape s = shape_of(x, dw, dy, geometry);
  kernels_for(s).conv2d_backward_weight(s, best_algorithm(s), dy.dtype(), dy.raw(), x.raw(),
                                        dw.data<float>());
}

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  if (empty(a, b, c)) return reference::matmul(a, ta, b, tb, c);
  const MatmulShape s{c.dim(0), c.dim(1), a.dim(ta == Transpose::yes ? 0 : 1), ta == Transpose::yes,
                      tb == Transpose::yes};
  kernels(s.n).matmul(s, a.dtype(), a.raw(), b.raw(), c.dtype(), c.raw());
}

}  // namespace siam::cpu
