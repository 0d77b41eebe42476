// Ops on a few kilobytes per step, for which the plain loops are fast enough.

#include "tensor/backends.h"

namespace siam::cpu {

void log_step(const Tensor& loss, const Tensor& finite, const Tensor& values,
              const StepRing& ring) {
  reference::log_step(loss, finite, values, ring);
}

void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now) {
  reference::follow_schedule(schedule, enabled, now);
}

void mean(const Tensor& x, const Tensor& y) { reference::mean(x, y); }

void merge_statistics(const Tensor& parts, int64_t rows, const Tensor& mean,
                      const Tensor& variance) {
  reference::merge_statistics(parts, rows, mean, variance);
}

void update_running(const Tensor& mean, const Tensor& variance, int64_t rows, double momentum,
                    const Tensor& running_mean, const Tensor& running_variance) {
  reference::update_running(mean, variance, rows, momentum, running_mean, running_variance);
}

}  // namespace siam::cpu
