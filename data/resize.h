#pragma once

#include "data/dataset.h"

namespace siam {

/// One axis of a resize: the image's pixels [begin, begin + size) become `grid` pixels, of which
/// `count` are made, from `first` on.
struct ResizeAxis {
  int begin, size;
  int grid, first, count;
};

/// Bilinear resize of a rectangle of an image to pixels [vertical.count,horizontal.count,3], floats
/// in [0, 1]. When shrinking, the triangle filter widens with the scale, as in PIL and in
/// torchvision with antialias=True; on 8-bit images those round after each direction, this does
/// not.
void resize_crop(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                 float* out);
/// The same to lines of three planes, [vertical.count,3,horizontal.count], each of which is passed
/// on as soon as it is made.
void resize_planes(const Image& image, const ResizeAxis& vertical, const ResizeAxis& horizontal,
                   float* out, const std::function<void(float* line)>& use);

}  // namespace siam
