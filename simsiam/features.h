#pragma once
// A frozen network's features of images, in evaluation mode, that is, with running statistics.

#include <functional>
#include <utility>
#include <vector>

#include "data/loader.h"
#include "simsiam/config.h"
#include "simsiam/evaluation/evaluation.h"

namespace siam {

/// Peak memory in bytes that encode() takes per image: activations and the image itself; the
/// workspace of convolutions is not counted.
size_t encoding_bytes(const Config& config);
/// Images encoded together when a data set is encoded: 256 on a CPU and 1000 on a GPU, or a divisor
/// of that for which they take at most 1 GiB. An image's encoding does not depend on the others.
int64_t images_at_once(const Config& config);

/// images [n,S,S,3], f32 or in the compute type, on any device.
Encoding encode(const SimSiam& model, const Tensor& images, const Config& config, bool projection);

/// Told how many images have been encoded. An exception that it throws ends the work.
using OnEncoded = std::function<void(int64_t)>;

/// Both representations of all images under the test transform, in host memory. Each rank encodes a
/// share, and all get the whole.
FrozenFeatures frozen_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                               bool projection, const OnEncoded& on_encoded = {},
                               const Communicator& ranks = alone());

/// Normalised backbone features of a whole data set, with its labels, on the device: no projection.
struct Features {
  /// [n,D], each of unit length, on the config's device: f32 on a CPU; in the compute type on a
  /// GPU, where ImageNet's in f32 would take 10 GB besides the step's memory.
  Tensor rows;
  std::vector<int32_t> labels;  ///< [n]
};

/// The backbone's features alone, each of unit length, for the kNN monitor.
Features backbone_features(const SimSiam& model, const Dataset& dataset, const Config& config,
                           const OnEncoded& on_encoded = {});
/// Those of some images, [n,D].
Tensor backbone_features(const SimSiam& model, const Dataset& dataset, RowRange images,
                         const Config& config, const OnEncoded& on_encoded = {});
/// The class of each image.
std::vector<int32_t> labels_of(const Dataset& dataset);

/// Both representations of two random views of each of at most `most` images: the first epoch's
/// augmentation, in evaluation mode. Uses as many threads as the configuration's batches do.
std::pair<Encoding, Encoding> view_features(const SimSiam& model,
                                            std::shared_ptr<const Dataset> dataset,
                                            const Config& config, int64_t most,
                                            const OnEncoded& on_encoded = {});

/// What evaluate() needs: both sets under the test transform, and two augmented views of some test
/// images, which only rank 0 has. `on_encoded` is told how many images of both sets are done.
EvaluationInput evaluation_input(const SimSiam& model, const Config& config, const TrainTest& data,
                                 const OnEncoded& on_encoded = {},
                                 const Communicator& ranks = alone());

}  // namespace siam
