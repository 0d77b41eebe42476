#pragma once
// Work queued on streams: it runs when somebody waits for it.

#include <cuda_runtime_api.h>

#include <functional>

namespace emulator {

using Work = std::function<void()>;

/// Queues it behind the stream's other work; in a capture, adds it to the graph.
cudaError_t enqueue(cudaStream_t stream, Work work);

/// Runs all that is queued on any stream.
void drain_all();

/// True while a stream of this thread is being captured; the capture is spoiled then.
bool spoil_capture();

}  // namespace emulator
