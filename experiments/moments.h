#pragma once
// Mean and spread of what several seeds have measured.

#include <cmath>
#include <span>

#include "simsiam/metrics.h"

namespace siam {

struct Moments {
  double mean = kNotMeasured;
  double deviation = kNotMeasured;  ///< of the sample; not measured with one value
};

/// Of the values that were measured.
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
