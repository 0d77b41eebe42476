#pragma once
// A cloud of points in d dimensions, projected on its principal directions.

#include <array>
#include <vector>

#include "tensor/tensor.h"

namespace siam {

struct PrincipalComponents {
  /// Coordinates of the rows, relative to their mean, along the first two principal directions.
  std::vector<std::array<double, 2>> points;
  /// Standard deviation along each principal direction, descending, min(rows, d) of them: the
  /// singular values of the centred rows over sqrt(rows - 1). Values that f32 cannot distinguish
  /// from 0 are 0.
  std::vector<double> deviations;

  /// Mean square distance from the mean, times rows / (rows - 1). For unit rows at most about 1,
  /// when directions are spread evenly; 0 if all rows are one point.
  double variance() const;
  /// Share of it along the first two directions, 0 to 1.
  double shown() const;
};

/// Takes an f32 matrix [rows,d], a row per image, on any device. Error unless it has at least two
/// rows and two columns.
PrincipalComponents principal_components(const Tensor& rows);

}  // namespace siam
