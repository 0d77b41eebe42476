#include "tests/emulator/stream.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "tests/emulator/memory.h"

using emulator::Work;

struct CUgraph_st {
  std::vector<Work> work;
  emulator::Start start = emulator::Start::when_waited_for;
};
struct CUgraphExec_st {
  std::shared_ptr<const std::vector<Work>> work;
  emulator::Start start;
};
struct CUstream_st {
  std::deque<Work> queue;
  uint64_t done = 0;     // pieces of work done since it was created
  uint64_t started = 0;  // this many run by themselves
  CUgraph_st* capture = nullptr;
  bool spoiled = false;
};
struct CUevent_st {
  /// When the stream reached the last record; empty until then. The record outlives the event.
  std::shared_ptr<std::optional<std::chrono::steady_clock::time_point>> time;
  cudaStream_t stream = nullptr;
  uint64_t place = 0;  // in the stream's work
};

namespace emulator {

namespace {

thread_local cudaStream_t capturing = nullptr;
thread_local cudaError_t last_error = cudaSuccess;
thread_local int device = 0;
std::atomic<int> process_device = 0;
std::set<cudaStream_t>& streams = *new std::set<cudaStream_t>;  // never destroyed
std::recursive_mutex mutex;  // one piece of work at a time, as on one stream

cudaError_t report(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

// Work may wait for another stream, and then runs that stream's work.
void run(cudaStream_t stream, uint64_t end) {
  if (stream == nullptr) return;  // of an event that was never recorded
  const DeviceAccess access;
  while (stream->done < end) {
    const Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    work();
    ++stream->done;
  }
}

cudaError_t spoil(cudaStream_t stream) {
  stream->spoiled = true;
  return report(cudaErrorStreamCaptureUnsupported);
}

cudaError_t drain(cudaStream_t stream) {
  if (stream->capture != nullptr) return spoil(stream);
  const std::lock_guard lock(mutex);
  run(stream, stream->done + stream->queue.size());
  return cudaSuccess;
}

}  // namespace

cudaError_t check_device() {
  return report(device == process_device ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t enqueue(cudaStream_t stream, Work work, Start start) {
  if (const cudaError_t error = check_device()) return error;
  const std::lock_guard lock(mutex);
  const bool starts = start == Start::by_itself;
  if (stream->capture != nullptr) {
    stream->capture->work.push_back(std::move(work));
    if (starts) stream->capture->start = start;
  } else {
    stream->queue.push_back(std::move(work));
    if (starts) stream->started = stream->done + stream->queue.size();
  }
  return cudaSuccess;
}

void run_started() {
  const std::lock_guard lock(mutex);
  for (const cudaStream_t stream : streams)
    if (stream->done < stream->started) run(stream, stream->started);
}

void drain_all() {
  const std::lock_guard lock(mutex);
  for (const cudaStream_t stream : streams)
    if (stream->capture == nullptr) drain(stream);
}

bool spoil_capture() {
  if (capturing == nullptr) return false;
  capturing->spoiled = true;
  report(cudaErrorStreamCaptureUnsupported);
  return true;
}

}  // namespace emulator

using emulator::report;

extern "C" {

cudaError_t cudaGetLastError() { return std::exchange(emulator::last_error, cudaSuccess); }

cudaError_t cudaSetDevice(int device) {
  int count = 0;
  cudaGetDeviceCount(&count);
  if (device < 0 || device >= count) return report(cudaErrorInvalidDevice);
  emulator::device = emulator::process_device = device;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (const cudaError_t error = emulator::check_device()) return error;
  *stream = new CUstream_st;
  const std::lock_guard lock(emulator::mutex);
  emulator::streams.insert(*stream);
  return cudaSuccess;
}
// The object is kept: other streams may have work queued that waits for an event of this one.
cudaError_t cudaStreamDestroy(cudaStream_t stream) { return emulator::drain(stream); }
cudaError_t cudaStreamSynchronize(cudaStream_t stream) { return emulator::drain(stream); }

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream->capture != nullptr) return report(cudaErrorIllegalState);
  stream->capture = new CUgraph_st;
  stream->spoiled = false;
  emulator::capturing = stream;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = std::exchange(stream->capture, nullptr);
  emulator::capturing = nullptr;
  if (!stream->spoiled) return cudaSuccess;
  delete std::exchange(*graph, nullptr);
  return report(cudaErrorStreamCaptureInvalidated);
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new CUgraphExec_st{std::make_shared<const std::vector<Work>>(graph->work), graph->start};
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const auto run = [work = exec->work] {
    for (const Work& each : *work) each();
  };
  return emulator::enqueue(stream, run, exec->start);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  if (const cudaError_t error = emulator::check_device()) return error;
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(emulator::mutex);
  event->time = std::make_shared<std::optional<std::chrono::steady_clock::time_point>>();
  emulator::enqueue(stream, [time = event->time] { *time = std::chrono::steady_clock::now(); });
  event->stream = stream;
  event->place = stream->done + stream->queue.size();
  return cudaSuccess;
}
// Runs only what is before the event.
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(emulator::mutex);
  if (emulator::spoil_capture()) return cudaErrorStreamCaptureUnsupported;
  emulator::run(event->stream, event->place);
  return cudaSuccess;
}
// Waits for the event's most recent record at the time of the call.
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (stream->capture != nullptr) return emulator::spoil(stream);
  return emulator::enqueue(
      stream, [other = event->stream, place = event->place] { emulator::run(other, place); });
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  if (!begin->time || !end->time) return report(cudaErrorInvalidResourceHandle);
  if (!*begin->time || !*end->time) return report(cudaErrorNotReady);
  *milliseconds = std::chrono::duration<float, std::milli>(**end->time - **begin->time).count();
  return cudaSuccess;
}

}  // extern "C"
