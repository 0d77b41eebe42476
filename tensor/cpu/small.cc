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

void cosine_similarity(const Tensor& p, const Tensor& z, const Tensor& y) {
  reference::cosine_similarity(p, z, y);
}

void cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z,
                                const Tensor& dp) {
  reference::cosine_similarity_backward(dy, p, z, dp);
}

void softmax(const Tensor& x, const Tensor& y) { reference::softmax(x, y); }

void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  reference::softmax_backward(dy, y, dx);
}

void softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& y) {
  reference::softmax_cross_entropy(logits, target, y);
}

void softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                                    const Tensor& dlogits) {
  reference::softmax_cross_entropy_backward(dy, logits, target, dlogits);
}

void normalize_rows(const Tensor& x, const Tensor& y) { reference::normalize_rows(x, y); }

void normalize_rows_backward(const Tensor& dy, const Tensor& x, const Tensor& dx) {
  reference::normalize_rows_backward(dy, x, dx);
}

}  // namespace siam::cpu
