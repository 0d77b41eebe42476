#pragma once
// Running convolution problems (conv_plan.h) by the engine that is fastest for them here.

#include <functional>
#include <span>

#include "tensor/cuda/conv_plan.h"

namespace siam::cuda {

/// Queues the problem on the tensors' memory, in the order of ConvKind. Engines are measured at
/// the first call, on that memory, and the choice is remembered (tuner.h). Error if no engine can
/// serve it.
void run_conv(const ConvKey& key, std::span<void* const> memory);

/// Whether a problem of a fused kind is to be computed by `fused` or by `separate`, which queue
/// what is compared: as the policy says, or the faster one, measured once and remembered.
bool prefers_fused(const ConvKey& key, const std::function<void()>& separate,
                   const std::function<void()>& fused);

}  // namespace siam::cuda
