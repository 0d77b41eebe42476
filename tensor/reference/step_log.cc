#include <algorithm>
#include <cmath>

#include "tensor/backends.h"

namespace siam::reference {

void log_step(const Tensor& loss, const Tensor& finite, const Tensor& values,
              const StepRing& ring) {
  int32_t &next = *ring.next.data<int32_t>(), &all = *ring.finite.data<int32_t>();
  float* row = ring.rows.rows(next, next + 1).data<float>();
  all = all && *finite.data<int32_t>() && std::isfinite(*loss.data<float>());
  row[0] = *loss.data<float>();
  row[1] = static_cast<float>(all);
  std::ranges::copy(values.span<float>(), row + 2);
  next = static_cast<int32_t>((next + 1) % ring.rows.dim(0));
}

}  // namespace siam::reference
