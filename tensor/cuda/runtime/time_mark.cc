#include "tensor/time_mark.h"

#include "tensor/cuda/runtime/handles.h"

namespace siam {

struct TimeMark::Event {
  cuda::Event event = cuda::make_event(cudaEventDefault);
};

std::shared_ptr<const TimeMark::Event> TimeMark::record() {
  auto mark = std::make_shared<const Event>();
  CUDA_CHECK(cudaEventRecord(mark->event, cuda::current_stream()));
  return mark;
}

double TimeMark::seconds_between(const Event& begin, const Event& end) {
  float milliseconds = 0;
  CUDA_CHECK(cudaEventSynchronize(end.event));
  CUDA_CHECK(cudaEventElapsedTime(&milliseconds, begin.event, end.event));
  return milliseconds / 1e3;
}

}  // namespace siam
