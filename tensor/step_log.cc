#include "tensor/step_log.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

StepRing::StepRing(int64_t slots, int64_t n, Device device)
    : rows(Tensor::zeros({slots, 2 + n}, DType::f32, device)),
      next(Tensor::zeros({}, DType::i32, device)),
      finite(Tensor::full({}, 1, DType::i32, device)) {}

void log_step(const Tensor& loss, const Tensor& finite, const Tensor& values,
              const StepRing& ring) {
  check(loss.numel() == 1 && loss.dtype() == DType::f32 && finite.numel() == 1 &&
            finite.dtype() == DType::i32,
        "log_step: loss {} {} and flag {} {}; one f32 and one i32 are needed", loss.dtype(),
        loss.shape(), finite.dtype(), finite.shape());
  check(values.dtype() == DType::f32 && values.numel() + 2 == ring.rows.dim(1),
        "log_step: values {} {} for rows of {}; f32, two fewer than a row are needed",
        values.dtype(), values.shape(), ring.rows.dim(1));
  check_same_device("log_step", {&ring.rows, &loss, &finite, &values});
  SIAM_DISPATCH(loss, log_step(loss, finite, values, ring));
}

}  // namespace siam
