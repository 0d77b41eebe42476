#include "data/batch_source.h"

#include "data/device_source.h"
#include "data/loader.h"

namespace siam {

std::vector<int64_t> BatchSource::advance() {
  fail("batch source: made on the host, cannot be replayed; next() is needed");
}

std::unique_ptr<BatchSource> make_batch_source(std::shared_ptr<const Dataset> dataset,
                                               const AugmentConfig& augment,
                                               const BatchConfig& config, Device device,
                                               DType type) {
  if constexpr (kCudaBuild)
    if (device == Device::cuda && dataset->in_memory())
      if (auto source = make_device_source(dataset, augment, config, type)) return source;
  return std::make_unique<Loader>(std::move(dataset), augment, config);
}

}  // namespace siam
