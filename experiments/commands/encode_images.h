#pragma once
// Features of a data set, block by block.

#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "experiments/progress.h"
#include "simsiam/checkpoint_config.h"

namespace siam {

/// Some images, and a row of features for each of them.
struct EncodedImages {
  std::vector<int64_t> images;
  Tensor features;  ///< f32 [images,D] on the network's device
};

/// Backbone features, or projections, of all images under the test transform, in order. Images that
/// cannot be decoded are left out, counted and named in a message. Error if no image can be
/// decoded. Interrupted after a block is read, if the program has asked for that
/// (catch_interrupts).
void encode_images(const TrainedModel& trained, const Dataset& dataset, bool projection,
                   Progress& progress, const std::function<void(const EncodedImages&)>& encoded);

/// Backbone features of one image, [1,D].
Tensor encode_image(const TrainedModel& trained, const Image& image);

}  // namespace siam
