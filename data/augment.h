#pragma once
// From an image to what the network sees.

#include "data/augment_math.h"
#include "data/dataset.h"

namespace siam {

/// The random view `view` of sample `sample` in epoch `epoch`: a function of these and the seed
/// only.
AugmentParameters draw(const AugmentConfig& config, int height, int width, uint64_t seed, int epoch,
                       int64_t sample, int view);

/// The part of the image that a draw needs.
inline Box crop_of(const AugmentParameters& p) { return {p.top, p.left, p.height, p.width}; }

/// The crop, resized to a view: the first step of augment(). out [size,size,3], in [0, 1].
void resize_crop(const Image& image, const AugmentParameters& parameters, int size, float* out);

/// Applies a draw in the order of the authors' code: crop and resize, colour jitter, grey, blur,
/// flip, normalise. out [size,size,3].
void augment(const Image& image, const AugmentConfig& config, const AugmentParameters& parameters,
             float* out);

/// The evaluation transform (augment_math::central), normalised; out [size,size,3].
void test_transform(const Image& image, const AugmentConfig& config, float* out);

/// The same as a line of torchvision: "ToTensor(), Resize(256, antialias=True), CenterCrop(224),
/// Normalize(...)". ToTensor comes first: torchvision rounds the pixels of a PIL image when it
/// resizes it.
std::string torchvision_transform(const AugmentConfig& config);

}  // namespace siam
