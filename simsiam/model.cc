#include "simsiam/model.h"

namespace siam {

namespace {

std::vector<MlpLayer> projector_layers(const ModelConfig& config) {
  std::vector<MlpLayer> layers(config.projector_layers - 1, {.width = config.projector_hidden});
  layers.push_back({.width = config.dim, .affine = config.projector_affine, .relu = false});
  return layers;
}

std::vector<MlpLayer> predictor_layers(const ModelConfig& config) {
  return {{.width = config.predictor_hidden}, {.width = config.dim, .norm = false, .relu = false}};
}

}  // namespace

SimSiam::SimSiam(Initializer& init, const ModelConfig& config)
    : backbone(init, config.backbone),
      projector(init, config.backbone.feature_width(), projector_layers(config)),
      predictor(init, config.dim, predictor_layers(config)) {}

SimSiam::Output SimSiam::operator()(const Variable& views, Mode mode) const {
  const Variable z = projector(backbone(views, mode), mode);
  return {z, predictor(z, mode)};
}

void SimSiam::visit(Registry& registry) {
  registry.child("encoder", backbone);
  registry.child("encoder.fc", projector);
  registry.child("predictor", predictor);
}

}  // namespace siam
