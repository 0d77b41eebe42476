#include "simsiam/features.h"

#include <algorithm>

#include "tensor/loss.h"
#include "tensor/map.h"

namespace siam {

namespace {

// Images encoded at a time. A GPU has more to do at once; 1000 divides the data sets we know, so
// that there is one shape to plan for.
int64_t block_of(const Config& config) { return config.device == Device::cpu ? 256 : 1000; }

}  // namespace

Encoding encode(const SimSiam& model, const Tensor& images, const Config& config, bool projection) {
  const NoGrad no_grad;
  const Mode mode{.training = false};
  const Variable pooled =
      model.backbone(Variable(cast(images.to(config.device), config.precision)), mode);
  Encoding encoding{cast(pooled.value(), DType::f32), {}};
  if (projection) encoding.projection = cast(model.projector(pooled, mode).value(), DType::f32);
  return encoding;
}

FrozenFeatures frozen_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                               bool projection, const OnEncoded& on_encoded) {
  const int64_t count = dataset.size();
  const auto empty = [&](int64_t width) {
    return Tensor::empty({count, width}, DType::f32, config.device);
  };
  FrozenFeatures features{{empty(config.model.backbone.feature_width()), {}}, {}};
  if (projection) features.rows.projection = empty(config.model.dim);
  const TestImages images = test_images(dataset, config.augment, config.device, config.precision);
  const int64_t most = block_of(config);
  for (int64_t begin = 0; begin < count; begin += most) {
    const int64_t end = std::min(begin + most, count);
    const Encoding block = encode(model, images(begin, end), config, projection);
    features.rows.backbone.rows(begin, end).copy_from(block.backbone);
    if (projection) features.rows.projection.rows(begin, end).copy_from(block.projection);
    if (on_encoded) on_encoded(end);
  }
  for (int64_t i = 0; i < count; ++i) features.labels.push_back(dataset.label(i));
  return features;
}

Features backbone_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                           const OnEncoded& on_encoded) {
  FrozenFeatures frozen = frozen_features(model, dataset, config, /*projection=*/false, on_encoded);
  const Tensor rows = frozen.rows.backbone;
  const int64_t most = block_of(config);
  for (int64_t begin = 0; begin < rows.dim(0); begin += most) {
    const Tensor block = rows.rows(begin, std::min(begin + most, rows.dim(0)));
    block.copy_from(normalize_rows(block));
  }
  return {rows, std::move(frozen.labels)};
}

std::pair<Encoding, Encoding> view_features(const SimSiam& model,
                                            std::shared_ptr<const Dataset> dataset,
                                            const Config& config, int64_t most) {
  const int64_t batch = std::min({block_of(config), most, dataset->size()});
  Loader loader(std::move(dataset), config.augment,
                {.batch_size = batch, .seed = config.seed, .workers = 0});
  loader.start_epoch(0);
  const int64_t batches = std::min(loader.batches_per_epoch(), most / batch);
  const auto empty = [&](int64_t width) {
    return Tensor::empty({batches * batch, width}, DType::f32, config.device);
  };
  const auto encoding = [&] {
    return Encoding{empty(config.model.backbone.feature_width()), empty(config.model.dim)};
  };
  std::pair<Encoding, Encoding> views{encoding(), encoding()};
  for (int64_t i = 0; i < batches; ++i) {
    const Encoding both = encode(model, loader.next().images, config, /*projection=*/true);
    const auto keep = [&](const Encoding& to, int64_t first) {
      to.backbone.rows(i * batch, (i + 1) * batch)
          .copy_from(both.backbone.rows(first, first + batch));
      to.projection.rows(i * batch, (i + 1) * batch)
          .copy_from(both.projection.rows(first, first + batch));
    };
    keep(views.first, 0);
    keep(views.second, batch);
  }
  return views;
}

Tensor spread_rows(const Tensor& x, int64_t most) {
  const int64_t rows = x.dim(0);
  if (rows <= most) return x;
  const Tensor chosen = Tensor::empty({most, x.dim(1)}, x.dtype(), x.device());
  for (int64_t i = 0; i < most; ++i) {
    const int64_t row = i * rows / most;
    chosen.rows(i, i + 1).copy_from(x.rows(row, row + 1));
  }
  return chosen;
}

}  // namespace siam
