#include "simsiam/features.h"

#include <algorithm>

#include "tensor/map.h"
#include "tensor/rows.h"

namespace siam {

namespace {

// Limit for the images encoded at a time: little compared with a training step's memory, which
// stays in its pool meanwhile.
constexpr size_t kBlockBytes = size_t{1} << 30;

constexpr int64_t kViewRows = 2048;  // images of which an evaluation uses two views

// Calls encoded(begin, end, encoding) for one block of images after another, under the test
// transform; begin and end count from the start of the range.
template <class Encoded>
void encode_all(const SimSiam& model, const Dataset& dataset, RowRange range, const Config& config,
                bool projection, const Encoded& encoded) {
  const TestImages images = test_images(dataset, config.augment, config.device, config.precision);
  const int64_t count = range.size(), most = images_at_once(config);
  for (int64_t begin = 0; begin < count; begin += most) {
    const int64_t end = std::min(begin + most, count);
    encoded(begin, end,
            encode(model, images(range.begin + begin, range.begin + end), config, projection));
  }
}

}  // namespace

std::vector<int32_t> labels_of(const Dataset& dataset) {
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < dataset.size(); ++i) labels.push_back(dataset.label(i));
  return labels;
}

// Nothing is kept for a backward pass: at the peak, in a block of the first stage or in the stem,
// four tensors of the largest size are alive (the block's input, the shortcut, a convolution's
// output and its normalised version).
size_t encoding_bytes(const Config& config) {
  const ResNetConfig& net = config.model.backbone;
  const bool imagenet = net.stem == Stem::imagenet;
  const int64_t size = config.augment.size;
  const int64_t stem = imagenet ? (size + 1) / 2 : size;
  const int64_t side = imagenet ? (stem + 1) / 2 : size;  // after the pool
  const int64_t largest = net.width * std::max(stem * stem, side * side * net.arch.expansion());
  const size_t type = size_of(config.precision);
  return 4 * static_cast<size_t>(largest) * type +
         static_cast<size_t>(size * size * 3) * (sizeof(float) + type);
}

int64_t images_at_once(const Config& config) {
  // A GPU needs more work at once. 1000 and its divisors divide the sizes of the usual data sets,
  // so that there is one shape to plan for.
  const int64_t most = config.device == Device::cpu ? 256 : 1000;
  const auto fit = static_cast<int64_t>(kBlockBytes / encoding_bytes(config));
  int64_t images = std::clamp(fit, int64_t{1}, most);
  while (most % images != 0) --images;
  return images;
}

Encoding encode(const SimSiam& model, const Tensor& images, const Config& config, bool projection) {
  const ScopedLibraryPolicy policy(library_policy_of(config));
  const NoGrad no_grad;
  const Mode mode{.training = false};
  const Variable pooled =
      model.backbone(Variable(cast(images.to(config.device), config.precision)), mode);
  Encoding encoding{cast(pooled.value(), DType::f32), {}};
  if (projection) encoding.projection = cast(model.projector(pooled, mode).value(), DType::f32);
  return encoding;
}

FrozenFeatures frozen_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                               bool projection, const OnEncoded& on_encoded,
                               const Communicator& ranks) {
  const int64_t count = dataset.size();
  const RowRange own = ranks.shard(count);
  const auto empty = [&](int64_t width) { return Tensor::empty({own.size(), width}); };
  Encoding rows{empty(config.model.backbone.feature_width()), {}};
  if (projection) rows.projection = empty(config.model.dim);
  ranks.together([&] {
    encode_all(model, dataset, own, config, projection,
               [&](int64_t begin, int64_t end, const Encoding& block) {
                 rows.backbone.rows(begin, end).copy_from(block.backbone);
                 if (projection) rows.projection.rows(begin, end).copy_from(block.projection);
                 if (on_encoded) on_encoded(std::min(end * ranks.size(), count));
               });
  });
  rows.backbone = ranks.all_gather_shards(rows.backbone, count);
  if (projection) rows.projection = ranks.all_gather_shards(rows.projection, count);
  return {rows, labels_of(dataset)};
}

Features backbone_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                           const OnEncoded& on_encoded) {
  return {backbone_features(model, dataset, {0, dataset.size()}, config, on_encoded),
          labels_of(dataset)};
}

Tensor backbone_features(const SimSiam& model, const Dataset& dataset, RowRange images,
                         const Config& config, const OnEncoded& on_encoded) {
  const DType type = config.device == Device::cpu ? DType::f32 : config.precision;
  const Tensor rows =
      Tensor::empty({images.size(), config.model.backbone.feature_width()}, type, config.device);
  encode_all(model, dataset, images, config, /*projection=*/false,
             [&](int64_t begin, int64_t end, const Encoding& block) {
               rows.rows(begin, end).copy_from(cast(normalize_rows(block.backbone), type));
               if (on_encoded) on_encoded(end);
             });
  return rows;
}

std::pair<Encoding, Encoding> view_features(const SimSiam& model,
                                            std::shared_ptr<const Dataset> dataset,
                                            const Config& config, int64_t most,
                                            const OnEncoded& on_encoded) {
  const int64_t batch = std::min({images_at_once(config), most, dataset->size()});
  Loader loader(std::move(dataset), config.augment,
                {.batch_size = batch, .seed = config.seed, .workers = config.workers});
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
    const Tensor both = loader.next().images;
    const auto keep = [&](const Encoding& to, const Tensor& images) {
      const Encoding block = encode(model, images, config, /*projection=*/true);
      to.backbone.rows(i * batch, (i + 1) * batch).copy_from(block.backbone);
      to.projection.rows(i * batch, (i + 1) * batch).copy_from(block.projection);
    };
    keep(views.first, both.rows(0, batch));
    keep(views.second, both.rows(batch, 2 * batch));
    if (on_encoded) on_encoded((i + 1) * batch);
  }
  return views;
}

EvaluationInput evaluation_input(const SimSiam& model, const Config& config, const TrainTest& data,
                                 const OnEncoded& on_encoded, const Communicator& ranks) {
  const auto features = [&](const Dataset& dataset, int64_t before) {
    return frozen_features(
        model, dataset, config, /*projection=*/true,
        [&](int64_t encoded) {
          if (on_encoded) on_encoded(before + encoded);
        },
        ranks);
  };
  EvaluationInput input{features(*data.train, 0),
                        features(*data.test, data.train->size()),
                        {},
                        {},
                        data.train->num_classes(),
                        config.device};
  if (ranks.rank() == 0)
    std::tie(input.view1, input.view2) = view_features(model, data.test, config, kViewRows);
  return input;
}

}  // namespace siam
