#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace siam {

/// z^T z [d,d] of an f32 matrix z [rows,d], or z z^T [rows,rows] if that is smaller, summed in
/// double. Both have the same eigenvalues except for zeros: the squares of z's singular values. The
/// bits do not depend on the number of threads.
std::vector<double> smaller_gram(const Tensor& z);

}  // namespace siam
