#include "simsiam/evaluation/collapse.h"

#include <cmath>

#include "autograd/norm_over_parts.h"
#include "tensor/batch_norm.h"
#include "tensor/rows.h"

namespace siam {

Tensor direction_variance(const Tensor& z, const Communicator& ranks) {
  const BatchStatistics here = batch_statistics(normalize_rows(z), 1);
  return ranks.size() == 1 ? here.variance : over_ranks(ranks, here, z.dim(0)).variance;
}

double collapse_std(std::span<const float> direction_variance, int64_t rows) {
  const double n = static_cast<double>(rows), d = static_cast<double>(direction_variance.size());
  double sum = 0;
  for (float channel : direction_variance) sum += std::sqrt(channel * n / (n - 1));
  return sum / d * std::sqrt(d);
}

double collapse_std(const Tensor& z) {
  const Tensor variance = direction_variance(z).to(Device::cpu);
  return collapse_std(variance.span<float>(), z.dim(0));
}

}  // namespace siam
