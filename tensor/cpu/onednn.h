#pragma once
// Convolutions and matrix products by oneDNN, and what tests and benchmarks may ask of them.
// Tensors are dense NHWC outside; inside, a plan per shape reorders into the layout that the
// chosen primitive is fast in.

#include <string>
#include <vector>

#include "tensor/conv.h"
#include "tensor/matmul.h"

namespace siam::cpu {

/// best: Winograd F(4x4,3x3) for f32 3x3 stride-1 layers where oneDNN has it (relative error about
/// 1e-6), direct otherwise. A rule of the shape, not of timings, so that runs repeat bit by bit.
enum class ConvAlgorithm { best, direct };

/// While it lives, convolutions of this thread use the algorithm.
class ScopedConvAlgorithm {
 public:
  explicit ScopedConvAlgorithm(ConvAlgorithm algorithm);
  ~ScopedConvAlgorithm();
  ScopedConvAlgorithm(const ScopedConvAlgorithm&) = delete;

 private:
  ConvAlgorithm previous_;
};

/// True if bf16 convolutions and products can run here: with oneDNN, on CPUs with avx512_bf16.
bool bf16_supported();

/// `<op> <shapes>: <implementation>` of every primitive in the plan caches; empty without oneDNN.
std::vector<std::string> onednn_implementations();

namespace onednn {

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y);
void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx);
void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw);
void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c);

}  // namespace onednn
}  // namespace siam::cpu
