#include "tensor/graph.h"

#include "tensor/cuda/runtime/handles.h"

namespace siam {

namespace {

/// A capture of this thread's stream, which is always ended: a stream that went on capturing would
/// be unusable.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    // Other threads may continue to use the device meanwhile.
    CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  }
  ~Capture() {
    if (stream_ == nullptr) return;
    cuda::Graph spoiled;
    cudaStreamEndCapture(stream_, spoiled.out());
  }
  Capture(const Capture&) = delete;

  cuda::Graph end() {
    cuda::Graph graph;
    CUDA_CHECK(cudaStreamEndCapture(std::exchange(stream_, nullptr), graph.out()));
    return graph;
  }

 private:
  cudaStream_t stream_;
};

}  // namespace

struct CapturedWork::State {
  cuda::GraphExec exec;
};

CapturedWork::CapturedWork(const std::function<void()>& work) {
  auto state = std::make_shared<State>();
  try {
    Capture capture(cuda::current_stream());
    work();
    const cuda::Graph graph = capture.end();
    CUDA_CHECK(cudaGraphInstantiate(state->exec.out(), graph, 0));
  } catch (const Error& error) {
    cudaGetLastError();  // the exception reports it
    throw CannotCapture(error.what());
  }
  state_ = std::move(state);
}

void CapturedWork::launch() const {
  CUDA_CHECK(cudaGraphLaunch(state_->exec, cuda::current_stream()));
}

}  // namespace siam
