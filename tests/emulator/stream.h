#pragma once
// Work queued on streams: it runs when something waits for it, or by itself if another process may
// be what waits.

#include <cuda_runtime_api.h>

#include <functional>

namespace emulator {

using Work = std::function<void()>;

/// Queues it after the stream's other work; in a capture, adds it to the graph. An error if the
/// thread's GPU is not the process's. Work that starts by itself is run, with everything before it,
/// by the next run_started() if nothing waits for it earlier.
enum class Start { when_waited_for, by_itself };
cudaError_t enqueue(cudaStream_t stream, Work work, Start start = Start::when_waited_for);
void run_started();

/// Runs everything queued on any stream.
void drain_all();

/// An error unless this thread has set the GPU that the process uses, which is the last one that
/// any thread has set. CUDA would use GPU 0 instead.
cudaError_t check_device();

/// True if a stream of this thread is being captured, in which case the capture is invalidated.
bool spoil_capture();

}  // namespace emulator
