#pragma once
// The loader's batches on a GPU.

#include "data/batch_source.h"

namespace siam {

/// Batches of `type`. Host threads decode and crop in page-locked memory, a separate stream uploads
/// while the previous step runs, and the GPU makes views of the crops: the same as the Loader's,
/// pixels within 1e-4 (data/view_block.h). Error if the batch is larger than the data set.
std::unique_ptr<BatchSource> make_upload_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config, DType type);

}  // namespace siam
