#include "simsiam/step_log.h"

#include "simsiam/collapse.h"
#include "tensor/reduce.h"

namespace siam {

void StepLog::record(const Tensor& loss, const Tensor& z, const Tensor& gradients) const {
  log_step(loss, all_finite_flag(gradients), direction_variance(z), ring_);
}

std::vector<StepLog::Entry> StepLog::read(int64_t count, int64_t samples) {
  const Tensor rows = ring_.rows.to(Device::cpu);
  std::vector<Entry> entries;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t slot = taken_++ % slots();
    const Tensor row = rows.rows(slot, slot + 1);
    const std::span<const float> values = row.span<float>();
    entries.push_back({values[0], collapse_std(values.subspan(2), samples), values[1] != 0});
  }
  if (count > 0 && !entries.back().finite) ring_.finite.copy_from(Tensor::full({}, 1, DType::i32));
  return entries;
}

}  // namespace siam
