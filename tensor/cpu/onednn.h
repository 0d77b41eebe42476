#pragma once
// bf16 convolutions by oneDNN, forward and data gradient, on CPUs that multiply bf16 (avx512_bf16):
// twice the rate of f32, which our own kernels calculate in. Tensors are dense NHWC outside;
// inside, a plan per shape reorders into the layout that the chosen primitive is fast in. The
// results do not depend on the number of threads; oneDNN's weight gradients and matrix products
// would.

#include <string>
#include <vector>

#include "tensor/conv.h"

namespace siam::cpu {

/// `<op> <shapes>: <implementation>` of every primitive in the plan cache; empty without oneDNN.
std::vector<std::string> onednn_implementations();

namespace onednn {

/// True if this build has oneDNN and this CPU avx512_bf16.
bool serves_bf16();
/// bf16 tensors, none empty.
void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y);
void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx);

}  // namespace onednn
}  // namespace siam::cpu
