#include "simsiam/model.h"

namespace siam {

namespace {

std::vector<MlpLayer> projector_layers(const ModelConfig& config) {
  const MlpLayer hidden{.width = config.projector_hidden,
                        .norm = config.head_norm != HeadNorm::none};
  std::vector<MlpLayer> layers(config.projector_layers - 1, hidden);
  layers.push_back({.width = config.dim,
                    .norm = config.head_norm >= HeadNorm::standard,
                    .affine = config.projector_affine,
                    .relu = false});
  return layers;
}

std::vector<MlpLayer> predictor_layers(const ModelConfig& config) {
  return {{.width = config.predictor_hidden, .norm = config.head_norm != HeadNorm::none},
          {.width = config.dim, .norm = config.head_norm == HeadNorm::all, .relu = false}};
}

}  // namespace

SimSiam::SimSiam(Initializer& init, const ModelConfig& config)
    : backbone(init, config.backbone),
      projector(init, config.backbone.feature_width(), projector_layers(config)) {
  if (config.predictor != Predictor::none)
    predictor.emplace(init, config.dim, predictor_layers(config));
}

SimSiam::Output SimSiam::operator()(const Variable& views, Mode mode) const {
  const Variable z = projector(backbone(views, mode), mode);
  return {z, predictor ? (*predictor)(z, mode) : z};
}

void SimSiam::visit(Registry& registry) {
  registry.child("encoder", backbone);
  registry.child("encoder.fc", projector);
  if (predictor) registry.child("predictor", *predictor);
}

bool is_head(std::string_view name) {
  return name.starts_with("encoder.fc.") || name.starts_with("predictor.");
}

}  // namespace siam
