#pragma once
// Do two views of an image find each other? What takes the place of kNN where nothing has a label.

#include "tensor/tensor.h"

namespace siam {

/// recall@1 in percent: the share of rows i of `queries` whose nearest row of `bank`, by cosine, is
/// row i; of rows equally near the first counts as the nearest. f32 [n,d], both alike: views of the
/// same images in the same order. 100 / n by chance, and of a collapsed representation.
double recall_at_1(const Tensor& queries, const Tensor& bank);

}  // namespace siam
