#pragma once
// The loader's batches on a GPU.

#include "data/batch_source.h"

namespace siam {

/// f32 batches that host threads make in page-locked memory and a stream of its own uploads while
/// the step before runs: the Loader's bits. Error if the batch is larger than the data set.
std::unique_ptr<BatchSource> make_upload_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config);

}  // namespace siam
