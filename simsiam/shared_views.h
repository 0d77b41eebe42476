#pragma once
// The views of a batch that ranks share: each has N / size consecutive samples of the N, with all
// their views, laid out like those of a whole batch (Views, objective.h).

#include "autograd/variable.h"
#include "tensor/communicator.h"

namespace siam {

/// Combines the ranks' [views N / size,...] into [views N,...], as a single rank would have them.
Tensor gather_views(const Communicator& ranks, const Tensor& part, int64_t views);
/// This rank's part [views N / size,...] of them.
Tensor own_views(const Communicator& ranks, const Tensor& whole, int64_t views);

/// The rows of all ranks, concatenated; a row's gradient goes back to the rank it came from.
Variable gather_rows(const Communicator& ranks, const Variable& part);

}  // namespace siam
