#include "tensor/cuda/graph.h"

#include <memory>

#include "tensor/cuda/handles.h"

namespace siam::cuda {

namespace {

/// Ends the capture whatever happens: a stream that captures is of no other use.
class Capture {
 public:
  // Thread-local: loader threads may go on calling the driver.
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  }
  Capture(const Capture&) = delete;
  ~Capture() {
    if (ended_) return;
    Graph unfinished;
    cudaStreamEndCapture(stream_, unfinished.out());
    cudaGetLastError();
  }
  Graph end() {
    Graph graph;
    ended_ = true;
    CUDA_CHECK(cudaStreamEndCapture(stream_, graph.out()));
    return graph;
  }

 private:
  cudaStream_t stream_;
  bool ended_ = false;
};

}  // namespace

std::function<void()> capture(const std::function<void()>& work) {
  Capture recording(current_stream());
  work();
  const Graph graph = recording.end();
  auto executable = std::make_shared<GraphExec>();
  CUDA_CHECK(cudaGraphInstantiate(executable->out(), graph, 0));
  return [executable] { CUDA_CHECK(cudaGraphLaunch(*executable, current_stream())); };
}

}  // namespace siam::cuda
