#include "tensor/philox.h"

#include <cmath>
#include <numbers>

namespace siam {

float normal(Random& random) {
  const double u = 1.0 - random.uniform();  // (0, 1]: the logarithm is finite
  const double v = random.uniform();
  return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v));
}

}  // namespace siam
