#pragma once
// The views of a batch that ranks share: each has N / size consecutive samples of the N, with all
// their views, which lie as those of a whole batch do (Views, objective.h).

#include "autograd/variable.h"
#include "tensor/communicator.h"

namespace siam {

/// [views N,...], as one rank has them, of the ranks' [views N / size,...].
Tensor gather_views(const Communicator& ranks, const Tensor& part, int64_t views);
/// This rank's [views N / size,...] of them.
Tensor own_views(const Communicator& ranks, const Tensor& whole, int64_t views);

/// The rows of all ranks, one behind another; a gradient goes back to the rank whose row it is.
Variable gather_rows(const Communicator& ranks, const Variable& part);

}  // namespace siam
