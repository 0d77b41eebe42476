#pragma once
// What training sees of an image.

#include "data/augment.h"

namespace siam {

struct ViewChoice {
  uint64_t seed = 0;
  int epoch = 0;  ///< from 0, as BatchSource::start_epoch has it
  int64_t sample = 0;
  int views = 2;
  int zoom = 1;  ///< pixels of the picture, a side, for one of a view
};

/// The image, shrunk or enlarged to the height of the views but at most four times as wide, and
/// beside it its views in that epoch: the loader's, with normalisation undone and rounded to 8
/// bits. White lies between them.
Image view_picture(const Image& image, const AugmentConfig& config, const ViewChoice& choice);

/// A line for each view: what was drawn for it.
std::string view_text(const Image& image, const AugmentConfig& config, const ViewChoice& choice);

}  // namespace siam
