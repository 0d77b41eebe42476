#pragma once
// What fits in memory: checked before it is allocated, and advised when it has run out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/allocator.h"
#include "tensor/device.h"

namespace siam {

/// Bytes that the line `name` of a file in /proc gives in kB, if there is one.
std::optional<uint64_t> proc_bytes(const char* file, std::string_view name);

/// Error, which ends with the advice, if the machine has less free memory than `bytes`, which are
/// for `what`. Nothing is checked for a GPU, whose allocator reports it itself.
void need_memory(std::string_view what, uint64_t bytes, Device device, std::string_view advice);

/// A batch that is likely to fit after a step of `batch` samples, holding `held` bytes, could not
/// get `asked` more: the power of two below batch * held / (held + asked), since a step's memory
/// grows with its batch; at least 2. What the step would have requested next is not known.
int64_t batch_that_fits(int64_t batch, size_t held, size_t asked);

/// The same error, followed by what to do.
OutOfMemory advised(const OutOfMemory& error, const std::string& what_to_do);

}  // namespace siam
