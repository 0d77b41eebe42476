#pragma once
// Work that is recorded once as a CUDA graph and replayed. Declared in every build, defined where
// kCudaBuild is true.

#include <functional>

namespace siam::cuda {

/// Records what `work` queues on the current stream, without running it, and returns what queues
/// all of it again by a single launch; that owns the graph. Every address is recorded as it is:
/// memory that `work` takes must come from a pool that outlives the replays (ScopedPool). Error,
/// and nothing is recorded, if `work` waits for the device or takes memory from the driver.
std::function<void()> capture(const std::function<void()>& work);

}  // namespace siam::cuda
