#pragma once
// The work that the host leaves to a GPU: the colours of views whose crops it has resized.

#include "data/augment_math.h"
#include "tensor/tensor.h"

namespace siam {

/// The steps of augment() after the crop, one view per block. crops f32 [N,S,S,3] in [0, 1], which
/// are overwritten; draws u8 [N, sizeof(AugmentParameters)]; scratch like crops; out [N,S,S,3] of a
/// float type; all on the GPU. Pixels as ViewProgram's (view_block.h).
void finish_views(const Tensor& crops, const Tensor& draws, const AugmentConfig& config,
                  const Tensor& scratch, const Tensor& out);

}  // namespace siam
