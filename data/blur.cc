#include "data/blur.h"

#include <algorithm>

#include "data/filter_math.h"
#include "data/weighted_lines.h"

namespace siam {

Blur::Blur(int size, float sigma)
    : size_(size),
      radius_(augment_math::blur_radius(sigma)),
      stride_(whole_vectors(size + 2 * radius_)),
      weights_(taps()),
      padded_(3 * stride_ + 2 * radius_),
      recent_(3 * stride_ * taps()),
      result_(3 * stride_),
      lines_(taps()) {
  float sum = 0;
  for (int t = 0; t < taps(); ++t)
    sum += weights_[t] = augment_math::blur_weight(t - radius_, sigma);
  for (float& weight : weights_) weight /= sum;
}

// The three planes in one sum, including the gaps between them, which are never read.
void Blur::put(int y, const float* line) {
  for (int c = 0; c < 3; ++c, line += size_) {
    float* plane = padded_.data() + c * stride_;
    std::fill_n(plane, radius_, line[0]);
    std::copy_n(line, size_, plane + radius_);
    std::fill_n(plane + radius_ + size_, radius_, line[size_ - 1]);
  }
  for (int t = 0; t < taps(); ++t) lines_[t] = padded_.data() + t;
  weighted_sum(recent(y), 3 * stride_, weights_.data(), lines_.data(), taps());
}

const float* Blur::get(int y) {
  for (int t = 0; t < taps(); ++t)
    lines_[t] = recent(augment_math::repeated_edge(y + t - radius_, size_));
  weighted_sum(result_.data(), 3 * stride_, weights_.data(), lines_.data(), taps());
  return result_.data();
}

}  // namespace siam
