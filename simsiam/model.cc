#include "simsiam/model.h"

#include <utility>

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

int64_t weight_count(const ModelConfig& config) {
  const ResNetConfig& net = config.backbone;
  const auto filter = [](int64_t in, int64_t out, int64_t kernel) {
    return in * out * kernel * kernel;
  };
  int64_t count = filter(3, net.width, net.stem == Stem::imagenet ? 7 : 3);
  for (const auto& [name, in, width, stride] : blocks_of(net)) {
    const int64_t out = width * net.arch.expansion();
    count += net.arch.bottleneck
                 ? filter(in, width, 1) + filter(width, width, 3) + filter(width, out, 1)
                 : filter(in, width, 3) + filter(width, out, 3);
    if (stride != 1 || in != out) count += filter(in, out, 1);
  }
  const auto add_mlp = [&](int64_t in, const std::vector<MlpLayer>& layers) {
    for (const MlpLayer& layer : layers) count += std::exchange(in, layer.width) * layer.width;
  };
  add_mlp(net.feature_width(), projector_layers(config));
  if (config.predictor != Predictor::none) add_mlp(config.dim, predictor_layers(config));
  return count;
}

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
