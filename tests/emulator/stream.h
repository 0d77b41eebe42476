#pragma once
// Work queued on streams: it runs when somebody waits for it, or where that may be another process,
// by itself.

#include <cuda_runtime_api.h>

#include <functional>

namespace emulator {

using Work = std::function<void()>;

/// Queues it behind the stream's other work; in a capture, adds it to the graph. An error where the
/// thread's GPU is not the process's. Work that starts is run, with all before it, by the next
/// run_started() if nobody waits for it earlier.
enum class Start { when_waited_for, by_itself };
cudaError_t enqueue(cudaStream_t stream, Work work, Start start = Start::when_waited_for);
void run_started();

/// Runs all that is queued on any stream.
void drain_all();

/// An error unless this thread has set the GPU that the process uses, the last one that any thread
/// has set. CUDA would use GPU 0 instead.
cudaError_t check_device();

/// True while a stream of this thread is being captured; the capture is spoiled then.
bool spoil_capture();

}  // namespace emulator
