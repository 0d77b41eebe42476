#pragma once
// Is the representation collapsing? (paper, Sec. 4.1 and Fig. 2, middle)

#include <span>

#include "tensor/communicator.h"
#include "tensor/tensor.h"

namespace siam {

/// Standard deviation over the rows of each channel of z / |z|, averaged over the channels, times
/// sqrt(d). z [rows,d]. 1 if the directions are spread evenly over the sphere, 0 if all samples
/// give one vector; the paper plots it without the factor, with 1 / sqrt(d) marked. Unbiased, like
/// torch.std.
double collapse_std(const Tensor& z);

/// The two halves of it: on z's device, the biased variance [d] of the channels of z / |z|; on the
/// host, the statistic computed from that for z of `rows` rows. With several ranks, each has an
/// equal part of the rows.
Tensor direction_variance(const Tensor& z, const Communicator& ranks = alone());
double collapse_std(std::span<const float> direction_variance, int64_t rows);

}  // namespace siam
