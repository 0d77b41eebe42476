#pragma once
// Copies many tensors into one buffer at once: a step's gradients, each to its parameter's place.

#include <vector>

#include "tensor/tensor.h"

namespace siam {

/// Copies parts[i] to the elements of `flat` from offsets[i] on. All f32; parts do not overlap
/// there.
void gather(const std::vector<Tensor>& parts, const std::vector<int64_t>& offsets,
            const Tensor& flat);

}  // namespace siam
