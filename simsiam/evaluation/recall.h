#pragma once
// Do two views of an image find each other? Used instead of kNN if there are no labels.

#include "tensor/tensor.h"

namespace siam {

/// recall@1 in percent: the share of rows i of `queries` whose nearest row of `bank`, by cosine, is
/// row i; of equally near rows the first counts as the nearest. Both f32 [n,d]: views of the same
/// images in the same order. 100 / n by chance, and for a collapsed representation.
double recall_at_1(const Tensor& queries, const Tensor& bank);

}  // namespace siam
