#pragma once
// A convolution problem as a graph for cuDNN, and which engines may serve it. Policy and graphs
// need no GPU, so they are tested without one.

#include <compare>
#include <span>
#include <string>
#include <vector>

#include "tensor/cuda/library/cudnn_graph.h"
#include "tensor/library_policy.h"

namespace siam::cuda {

/// What is computed, and the tensors of its graph in the order of their numbers.
enum class ConvKind {
  forward,          ///< x, w, y
  backward_data,    ///< dy, w, dx
  backward_weight,  ///< x, dy, dw
};

/// All that the choice of an engine depends on.
struct ConvKey {
  ConvKind kind;
  DType type;
  int n, h, w, c, k, r, s, stride, padding;
  LibraryPolicy policy;
  int alignment;  ///< of all addresses, bytes, at most 16: slices of a buffer may start anywhere
  auto operator<=>(const ConvKey&) const = default;

  static ConvKey of(ConvKind kind, const Shape& x, const Shape& filter, DType type,
                    ConvGeometry geometry, LibraryPolicy policy,
                    std::span<void* const> memory = {});
  /// For the tuner.
  std::string name() const;
};

OperationGraph graph_of(const ConvKey& key);

/// Temporary memory that an engine may ask for: enough for every implicit-GEMM engine, far below
/// what a training step holds in activations.
inline constexpr size_t kConvWorkspaceCap = size_t{512} << 20;

/// Whether an engine's arithmetic is ours: f32 factors are not rounded unless the policy says so,
/// sums are in f32, and runs repeat bit by bit if they have to.
bool allowed(const EngineNotes& notes, DType type, LibraryPolicy policy);

/// Those to measure of the engines that are allowed, in their order: cuDNN lists dozens, most of
/// them one engine with other settings, so that no more than a few settings of each are among them.
/// Engines that compile their kernels first, which takes seconds, only where there are no others.
std::vector<Engine> usable(const std::vector<Engine>& engines, DType type, LibraryPolicy policy);

}  // namespace siam::cuda
