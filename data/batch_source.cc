#include "data/batch_source.h"

#include "data/loader.h"

namespace siam {

std::vector<int64_t> BatchSource::advance() {
  fail("batch source: made on the host, cannot be replayed; next() is needed");
}

std::unique_ptr<BatchSource> make_batch_source(std::shared_ptr<const Dataset> dataset,
                                               const AugmentConfig& augment,
                                               const BatchConfig& config, Device, DType) {
  return std::make_unique<Loader>(std::move(dataset), augment, config);
}

}  // namespace siam
