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

/// Everything that the choice of an engine depends on.
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

/// Temporary memory that an engine may request: enough for every implicit-GEMM engine, far less
/// than a training step's activations.
inline constexpr size_t kConvWorkspaceCap = size_t{512} << 20;

/// Whether an engine's arithmetic is ours: f32 factors are not rounded unless the policy says so,
/// sums are in f32, and runs are reproducible bit for bit if required.
bool allowed(const EngineNotes& notes, DType type, LibraryPolicy policy);

/// The allowed engines that are worth measuring, in their order: cuDNN lists dozens, most of them
/// the same engine with other settings, so only a few settings of each are kept. `compiles`: those
/// that first compile their kernels, which takes seconds, and are for when no other works.
std::vector<Engine> usable(const std::vector<Engine>& engines, DType type, LibraryPolicy policy,
                           bool compiles);

}  // namespace siam::cuda
