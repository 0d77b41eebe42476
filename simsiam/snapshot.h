#pragma once
// A network's embeddings of some images, taken while it trains: they show what a collapse looks
// like.

#include "data/dataset.h"
#include "simsiam/config.h"
#include "simsiam/evaluation/principal.h"

namespace siam {

struct Snapshot {
  int epoch = 0;              ///< epochs finished
  PrincipalComponents cloud;  ///< of z / |z|, a point per image
};

/// z of one view of each image [n,d], f32, as the loss sees it: the view is the one that training
/// on these images would see first, whatever the epoch, and batch norm uses the statistics of these
/// views, in parts about as large as a training batch. (With running statistics, an untrained
/// network, which has none yet, seems collapsed; and a network that has collapsed on views still
/// distinguishes images that are not augmented.) Does not change the model.
Tensor training_projections(const SimSiam& model, const Dataset& dataset, const Config& config);

/// Error if there are fewer than two images.
Snapshot take_snapshot(int epoch, const SimSiam& model, const Dataset& images,
                       const Config& config);

}  // namespace siam
