#include "tensor/cuda/graph.h"

#include "tensor/cuda/handles.h"

namespace siam::cuda {

struct CapturedWork::State {
  GraphExec exec;
};

CapturedWork::CapturedWork(const std::function<void()>& work) {
  const cudaStream_t stream = current_stream();
  Graph graph;
  // Other threads may go on using the device meanwhile.
  CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  try {
    work();
  } catch (const Error& error) {
    cudaStreamEndCapture(stream, graph.out());
    cudaGetLastError();  // the failed capture's, which is reported by the exception
    throw CannotCapture(error.what());
  }
  CUDA_CHECK(cudaStreamEndCapture(stream, graph.out()));
  auto state = std::make_shared<State>();
  CUDA_CHECK(cudaGraphInstantiate(state->exec.out(), graph, 0));
  state_ = std::move(state);
}

void CapturedWork::launch() const { CUDA_CHECK(cudaGraphLaunch(state_->exec, current_stream())); }

}  // namespace siam::cuda
