#include "simsiam/snapshot.h"

#include <algorithm>

#include "data/augment.h"
#include "simsiam/features.h"
#include "tensor/map.h"
#include "tensor/parallel.h"
#include "tensor/rows.h"

namespace siam {

namespace {

// [end - begin,size,size,3], f32, on the CPU.
Tensor first_views(const Dataset& images, const Config& config, int64_t begin, int64_t end) {
  const AugmentConfig& augmentation = config.augment;
  const Tensor views = Tensor::empty({end - begin, augmentation.size, augmentation.size, 3});
  parallel_for(end - begin, 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      const Image image = images.image(begin + i);
      const AugmentParameters drawn = draw(augmentation, image.height, image.width, config.seed,
                                           /*epoch=*/0, begin + i, /*view=*/0);
      augment(image, augmentation, drawn, views.rows(i, i + 1).data<float>());
    }
  });
  return views;
}

}  // namespace

Tensor training_projections(const SimSiam& model, const Dataset& dataset, const Config& config) {
  const ScopedLibraryPolicy policy(library_policy_of(config));
  const NoGrad no_grad;
  const Mode mode{.training = true, .update_running = false};
  const int64_t count = dataset.size();
  const int64_t most = std::min(config.batch_size, images_at_once(config));
  const int64_t parts = (count + most - 1) / most;  // as equal as possible
  const Tensor rows = Tensor::empty({count, config.model.dim}, DType::f32, config.device);
  for (int64_t i = 0; i < parts; ++i) {
    const int64_t begin = i * count / parts, end = (i + 1) * count / parts;
    const Tensor views = first_views(dataset, config, begin, end);
    const Variable pixels(cast(views.to(config.device), config.precision));
    const Variable z = model.projector(model.backbone(pixels, mode), mode);
    rows.rows(begin, end).copy_from(cast(z.value(), DType::f32));
  }
  return rows;
}

Snapshot take_snapshot(int epoch, const SimSiam& model, const Dataset& images,
                       const Config& config) {
  return {epoch, principal_components(normalize_rows(training_projections(model, images, config)))};
}

}  // namespace siam
