#pragma once
// Multi-layer perceptrons: SimSiam's projector and predictor (paper, Sec. 3 "Baseline settings").

#include <optional>

#include "nn/layers.h"

namespace siam {

struct MlpLayer {
  int64_t width;
  bool norm = true;    ///< batch norm after the linear layer, which then has no bias of its own
  bool affine = true;  ///< the batch norm's scale and shift
  bool relu = true;
};

/// Linear (-> batch norm) (-> ReLU), layer by layer. Names are those of a torch.nn.Sequential of
/// the same modules, ReLUs counted: "0.weight", "1.weight", "3.weight", ...
struct Mlp {
  struct Layer {
    Linear linear;
    std::optional<BatchNorm> norm;
    bool relu;
  };
  std::vector<Layer> layers;

  Mlp(Initializer& init, int64_t in, const std::vector<MlpLayer>& widths);
  /// x [rows,in] -> [rows,width of the last layer].
  Variable operator()(const Variable& x, Mode mode) const;
  void visit(Registry& registry);
};

}  // namespace siam
