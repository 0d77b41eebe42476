#pragma once
// Which algorithm serves which convolution. The policy knows nothing of a GPU, so it is tested
// without one.

#include <cudnn.h>

#include <compare>
#include <span>
#include <string>
#include <vector>

#include "tensor/conv.h"
#include "tensor/cuda/runtime.h"

namespace siam::cuda {

enum class ConvDirection { forward, backward_data, backward_weight };

/// All that the choice depends on.
struct ConvKey {
  ConvDirection direction;
  DType type;
  int n, h, w, c, k, r, s, stride, padding;
  LibraryPolicy policy;
  auto operator<=>(const ConvKey&) const = default;

  static ConvKey of(ConvDirection direction, const Tensor& x, const Shape& filter,
                    ConvGeometry geometry, LibraryPolicy policy);
  /// For the tuner.
  std::string name() const;
};

/// What the library says of one algorithm for a problem, whatever the direction.
struct ConvCandidate {
  int algorithm;
  size_t workspace;  ///< bytes
  bool works, deterministic;
  cudnnMathType_t math;
  std::string name() const;
};

/// Temporary memory that an algorithm may ask for: enough for every implicit-GEMM algorithm, far
/// below what a training step holds in activations.
inline constexpr size_t kConvWorkspaceCap = size_t{512} << 20;

/// Those that work, keep to the cap and, if need be, repeat bit by bit, in their order.
std::vector<ConvCandidate> usable(std::span<const ConvCandidate> candidates, size_t workspace_cap,
                                  bool deterministic);

}  // namespace siam::cuda
