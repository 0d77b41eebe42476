#include "tensor/time_mark.h"

#include "tensor/device.h"

namespace siam {

TimeMark::TimeMark(Device device) : event_(device == Device::cuda ? record() : nullptr) {}

double seconds_between(const TimeMark& begin, const TimeMark& end) {
  if (begin.event_) return TimeMark::seconds_between(*begin.event_, *end.event_);
  return std::chrono::duration<double>(end.host_ - begin.host_).count();
}

}  // namespace siam
