#include "nn/mlp.h"

namespace siam {

Mlp::Mlp(Initializer& init, int64_t in, const std::vector<MlpLayer>& widths) {
  for (const MlpLayer& layer : widths) {
    layers.push_back({Linear(init, in, layer.width, /*with_bias=*/!layer.norm), {}, layer.relu});
    if (layer.norm) layers.back().norm.emplace(layer.width, layer.affine);
    in = layer.width;
  }
}

Variable Mlp::operator()(const Variable& x, Mode mode) const {
  Variable y = x;
  for (const Layer& layer : layers) {
    y = layer.linear(y);
    if (layer.norm)
      y = (*layer.norm)(y, mode, {.relu = layer.relu});
    else if (layer.relu)
      y = relu(y);
  }
  return y;
}

void Mlp::visit(Registry& registry) {
  int index = 0;
  for (Layer& layer : layers) {
    registry.child(std::to_string(index++), layer.linear);
    if (layer.norm) registry.child(std::to_string(index++), *layer.norm);
    index += layer.relu;
  }
}

}  // namespace siam
