#include "tensor/cuda/stream_mark.h"

#include "tensor/cuda/handles.h"

namespace siam::cuda {

struct StreamMark::State {
  Event event;
};

StreamMark::StreamMark() {
  auto state = std::make_shared<State>(make_event(cudaEventDefault));
  CUDA_CHECK(cudaEventRecord(state->event, current_stream()));
  state_ = std::move(state);
}

double seconds_between(const StreamMark& begin, const StreamMark& end) {
  float milliseconds = 0;
  CUDA_CHECK(cudaEventSynchronize(end.state_->event));
  CUDA_CHECK(cudaEventElapsedTime(&milliseconds, begin.state_->event, end.state_->event));
  return milliseconds / 1e3;
}

}  // namespace siam::cuda
