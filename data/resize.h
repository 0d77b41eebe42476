#pragma once

#include "data/dataset.h"

namespace siam {

/// One axis of a resize: the image's pixels [begin, begin + size) become `grid` pixels, of which
/// those from `first` on are made, `count` of them.
struct ResizeAxis {
  int begin, size;
  int grid, first, count;
};

/// Bilinear resize of a rectangle of an image to pixels [vertical.count,horizontal.count,3], floats
/// in [0, 1]. When shrinking, the triangle filter widens with the scale, as PIL and torchvision
/// with antialias=True do; on images of 8 bits they round after each direction, this does not.
void resize_crop(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                 float* out);
/// The same to lines of three planes, [vertical.count,3,horizontal.count], each of which is handed
/// over when it is made.
void resize_planes(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                   float* out, const std::function<void(float* line)>& use);

}  // namespace siam
