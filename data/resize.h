#pragma once

#include "data/dataset.h"

namespace siam {

/// Bilinear resize of the rectangle [top, top + height) x [left, left + width) of an image to
/// [out_height,out_width,3] floats in [0, 1]. When shrinking, the triangle filter widens with the
/// scale, as PIL and torchvision with antialias=True do; they round to 8 bits after each direction,
/// this does not.
void resize_crop(const Image& image, int top, int left, int height, int width, int out_height,
                 int out_width, float* out);

}  // namespace siam
