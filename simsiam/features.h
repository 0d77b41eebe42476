#pragma once
// What a frozen network makes of images: evaluation mode, that is, running statistics.

#include <functional>
#include <utility>
#include <vector>

#include "data/loader.h"
#include "simsiam/config.h"

namespace siam {

/// The two representations of a batch, not normalised.
struct Encoding {
  Tensor backbone;    ///< f32 [n,feature_width()]: globally pooled
  Tensor projection;  ///< f32 [n,d]: z; undefined unless asked for
};

/// images [n,S,S,3], f32 or in the compute type, on any device.
Encoding encode(const SimSiam& model, const Tensor& images, const Config& config, bool projection);

struct FrozenFeatures {
  Encoding rows;                ///< of all images, on the config's device
  std::vector<int32_t> labels;  ///< [n]
};

/// Told how many images are encoded. What it throws ends the work.
using OnEncoded = std::function<void(int64_t)>;

/// Both representations of all images under the test transform.
FrozenFeatures frozen_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                               bool projection, const OnEncoded& on_encoded = {});

struct Features {
  Tensor rows;                  ///< f32 [n,D], each of unit length, on the config's device
  std::vector<int32_t> labels;  ///< [n]
};

/// The backbone's features alone, each of unit length: the kNN monitor's.
Features backbone_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                           const OnEncoded& on_encoded = {});

/// Both representations of two random views each of at most `most` images: the first epoch's
/// augmentation, in evaluation mode.
std::pair<Encoding, Encoding> view_features(const SimSiam& model,
                                            std::shared_ptr<const Dataset> dataset,
                                            const Config& config, int64_t most);

/// At most `most` of x's rows, evenly spaced; x itself if it has no more.
Tensor spread_rows(const Tensor& x, int64_t most);

}  // namespace siam
