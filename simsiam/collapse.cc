#include "simsiam/collapse.h"

#include <cmath>

#include "tensor/batch_norm.h"
#include "tensor/loss.h"

namespace siam {

double collapse_std(const Tensor& z) {
  const Tensor variance = batch_statistics(normalize_rows(z), 1).variance.to(Device::cpu);
  const double rows = static_cast<double>(z.dim(0)), d = static_cast<double>(z.dim(1));
  double sum = 0;
  for (float channel : variance.span<float>()) sum += std::sqrt(channel * rows / (rows - 1));
  return sum / d * std::sqrt(d);
}

}  // namespace siam
