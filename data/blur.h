#pragma once
// The Gaussian blur of a view on the CPU, a line at a time.

#include <vector>

#include "data/vec.h"

namespace siam {

/// Blurs lines along x as they are put in, from top to bottom, and keeps the last of them, from
/// which a line of the result is made along y. Beyond the edges of a view its outermost values are
/// repeated.
class Blur {
 public:
  /// For views of size x size pixels; sigma in pixels.
  Blur(int size, float sigma);

  /// How far a line of the result reaches: for line y, all lines up to y + radius must have been
  /// put in.
  int radius() const { return radius_; }
  /// line [3,size]: planes.
  void put(int y, const float* line);
  /// Line y of the result: planes of `size` floats, stride() apart, valid until the next call.
  const float* get(int y);
  int stride() const { return stride_; }

 private:
  int taps() const { return 2 * radius_ + 1; }
  float* recent(int y) { return recent_.data() + y % taps() * 3 * stride_; }

  int size_, radius_, stride_;
  std::vector<float> weights_;
  AlignedFloats padded_, recent_, result_;
  std::vector<const float*> lines_;
};

}  // namespace siam
