#include "simsiam/features.h"

#include <algorithm>

#include "tensor/loss.h"
#include "tensor/map.h"

namespace siam {

Features backbone_features(const SimSiam& model, const Dataset& dataset, const Config& config) {
  constexpr int64_t kBlock = 256;
  const NoGrad no_grad;
  const int64_t count = dataset.size();
  Features features{
      Tensor::empty({count, config.model.backbone.feature_width()}, DType::f32, config.device), {}};
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, count);
    const Tensor images = load_images(dataset, config.augment, begin, end).to(config.device);
    const Variable pooled =
        model.backbone(Variable(cast(images, config.precision)), {.training = false});
    features.rows.rows(begin, end).copy_from(normalize_rows(cast(pooled.value(), DType::f32)));
  }
  for (int64_t i = 0; i < count; ++i) features.labels.push_back(dataset.label(i));
  return features;
}

}  // namespace siam
