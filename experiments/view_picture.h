#pragma once
// The views of an image that training sees.

#include "data/augment.h"

namespace siam {

struct ViewChoice {
  uint64_t seed = 0;
  int epoch = 0;  ///< from 0, as in BatchSource::start_epoch
  int64_t sample = 0;
  int views = 2;
  int zoom = 1;  ///< side in the picture of a pixel of a view
};

/// The image, scaled to the height of the views but at most four times as wide, and beside it its
/// views in that epoch: the loader's, with normalisation undone and rounded to 8 bits, separated by
/// white gaps.
Image view_picture(const Image& image, const AugmentConfig& config, const ViewChoice& choice);

/// A line for each view: its random parameters.
std::string view_text(const Image& image, const AugmentConfig& config, const ViewChoice& choice);

}  // namespace siam
