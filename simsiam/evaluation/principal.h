#pragma once
// A cloud of points in d dimensions, seen from where it is widest.

#include <array>
#include <vector>

#include "tensor/tensor.h"

namespace siam {

struct PrincipalComponents {
  /// Of the rows around their mean, along the first two principal directions.
  std::vector<std::array<double, 2>> points;
  /// Standard deviation along each principal direction, descending, min(rows, d) of them: the
  /// singular values of the centred rows over sqrt(rows - 1). What f32 cannot tell from 0 is 0.
  std::vector<double> deviations;

  /// Mean square distance from the mean, times rows / (rows - 1). Of unit rows at most about 1: of
  /// directions spread evenly; 0 if all rows are one point.
  double variance() const;
  /// Share of it along the first two directions, 0 to 1.
  double shown() const;
};

/// Of an f32 matrix [rows,d], a row per image, on any device. Error unless it has two rows and two
/// columns.
PrincipalComponents principal_components(const Tensor& rows);

}  // namespace siam
