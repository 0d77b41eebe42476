#include "tensor/philox.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace siam {

float normal(Random& random) {
  const double u = 1.0 - random.uniform();  // (0, 1]: the logarithm is finite
  const double v = random.uniform();
  return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v));
}

std::vector<int64_t> permutation(int64_t n, Random random) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
  return order;
}

}  // namespace siam
