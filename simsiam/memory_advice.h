#pragma once
// What fits in memory: asked before it is taken, and said where it ran out.

#include <cstdint>
#include <string>
#include <string_view>

#include "tensor/allocator.h"
#include "tensor/device.h"

namespace siam {

/// Error if the machine has less free memory than `bytes`, which are for `what`.
void need_memory(std::string_view what, uint64_t bytes, Device device);

/// A batch that is likely to fit where a step of `batch` samples, holding `held` bytes, asked for
/// `asked` more in vain: the power of two below batch * held / (held + asked), as a step's memory
/// grows with its batch; at least 2. What the step would have asked for next is not known.
int64_t batch_that_fits(int64_t batch, size_t held, size_t asked);

/// The same error, followed by what to do.
OutOfMemory advised(const OutOfMemory& error, const std::string& what_to_do);

}  // namespace siam
