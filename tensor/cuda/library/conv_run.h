#pragma once
// Running convolution problems (conv_plan.h) with the engine that is fastest for them on this GPU.

#include <span>

#include "tensor/cuda/library/conv_plan.h"

namespace siam::cuda {

/// Queues the problem on the tensors' memory, in the order of ConvKind. Engines are measured at the
/// first call, on that memory, and the choice is remembered (tuner.h). Error if no engine supports
/// it.
void run_conv(const ConvKey& key, std::span<void* const> memory);

}  // namespace siam::cuda
