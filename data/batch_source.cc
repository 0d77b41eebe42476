#include "data/batch_source.h"

#include <algorithm>

#include "data/device_source.h"
#include "data/loader.h"
#include "data/upload_source.h"
#include "tensor/parallel.h"

namespace siam {

void check_batches(const BatchConfig& config, const Dataset& dataset) {
  check(
      config.batch_size <= dataset.size(),
      "batch of {} from {}; at most its {} samples are needed; use a smaller --batch-size or more "
      "data",
      config.batch_size, dataset.name(), dataset.size());
  check(config.parts >= 1 && config.batch_size % config.parts == 0,
        "batch of {} in {} parts; a multiple is needed; change --batch-size", config.batch_size,
        config.parts);
}

// On two cores of a CPU a step of the smallest preset takes a hundred times as long as one core
// needs for its batch.
int default_workers(Device device) {
  return device == Device::cpu ? 1 : std::max(1, threads() - 1);
}

std::unique_ptr<BatchSource> make_batch_source(std::shared_ptr<const Dataset> dataset,
                                               const AugmentConfig& augment,
                                               const BatchConfig& config, Device device,
                                               DType type) {
  if (device == Device::cuda && dataset->in_memory())
    if (auto source = make_device_source(dataset, augment, config, type)) return source;
  if (device == Device::cuda) return make_upload_source(std::move(dataset), augment, config, type);
  return std::make_unique<Loader>(std::move(dataset), augment, config);
}

TestImages test_images(const Dataset& dataset, const AugmentConfig& augment, Device device,
                       DType type) {
  if (device == Device::cuda && dataset.in_memory())
    if (TestImages images = device_test_images(dataset, augment, type)) return images;
  return [&dataset, augment](int64_t begin, int64_t end) {
    const int64_t size = augment.size;
    const Tensor images = Tensor::empty({end - begin, size, size, 3});
    parallel_for(end - begin, 16, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i)
        test_transform(dataset.image(begin + i), augment,
                       images.data<float>() + i * size * size * 3);
    });
    return images;
  };
}

}  // namespace siam
