#include "tensor/fence.h"

#include "tensor/cuda/runtime/handles.h"

namespace siam {

// A waiting host sleeps: its core is for the threads that load images.
struct Fence::State {
  cuda::Event event = cuda::make_event(cudaEventDisableTiming | cudaEventBlockingSync);
};

void Fence::mark() {
  if (!state_) state_ = std::make_shared<const State>();
  CUDA_CHECK(cudaEventRecord(state_->event, cuda::current_stream()));
}

void Fence::hold_stream() const {
  if (state_) CUDA_CHECK(cudaStreamWaitEvent(cuda::current_stream(), state_->event, 0));
}

void Fence::wait() const {
  if (state_) CUDA_CHECK(cudaEventSynchronize(state_->event));
}

}  // namespace siam
