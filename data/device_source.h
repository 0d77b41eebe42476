#pragma once
// A data set that lives in GPU memory, and batches that one kernel draws and augments there.

#include "data/batch_source.h"

namespace siam {

/// Batches of `type` on the GPU, from images uploaded here once as 8-bit pixels: the same samples
/// and the same draws as the Loader's, pixels within 1e-4 (data/view_block.h says why they differ).
/// Nothing if the images are too large for a block's shared memory (some 90 pixels a side). Error
/// if the batch is larger than the data set.
std::unique_ptr<BatchSource> make_device_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config, DType type);

/// Images under the evaluation transform, also made on the GPU: pixels within 1e-4 of
/// test_transform(). Nothing if they are too large for a block's shared memory.
TestImages device_test_images(const Dataset& dataset, const AugmentConfig& augment, DType type);

}  // namespace siam
