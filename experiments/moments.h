#pragma once
// Mean and spread over several seeds.

#include <cmath>
#include <span>

#include "simsiam/metrics.h"

namespace siam {

struct Moments {
  double mean = kNotMeasured;
  double deviation = kNotMeasured;  ///< sample standard deviation; not measured with one value
};

/// Over the values that were measured.
inline Moments moments(std::span<const double> values) {
  double sum = 0, squares = 0, count = 0;
  for (const double x : values)
    if (!std::isnan(x)) sum += x, ++count;
  if (count == 0) return {};
  const double mean = sum / count;
  for (const double x : values)
    if (!std::isnan(x)) squares += (x - mean) * (x - mean);
  return {mean, count > 1 ? std::sqrt(squares / (count - 1)) : kNotMeasured};
}

}  // namespace siam
