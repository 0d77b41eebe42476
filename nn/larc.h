#pragma once
// Layer-wise adaptive rates (You et al. 2017, LARS) by scaling gradients before SGD, as NVIDIA
// apex's LARC does with clip=False.

#include "nn/flat_parameters.h"

namespace siam {

struct LarcOptions {
  double trust = 0.001;
  double weight_decay = 0;  ///< applied here; SGD itself must have none
};

/// For each parameter tensor w with gradient g:
///   a = trust |w| / (|g| + weight_decay |w| + 1e-8),   g <- a (g + weight_decay w).
/// A tensor with |w| = 0 or |g| = 0 keeps its gradient as it is, without decay: a bias that starts
/// at zero takes its first step at the full rate.
void larc_scale(const FlatParameters& parameters, const LarcOptions& options = {});

}  // namespace siam
