#include "tensor/step_log.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace siam {

TEST_CASE("a ring keeps the last steps, and remembers that one was not finite") {
  const StepRing ring(2, 3, Device::cpu);
  const auto log = [&](double loss, int finite, float value) {
    log_step(Tensor::full({}, loss), Tensor::full({}, finite, DType::i32), Tensor::full({3}, value),
             ring);
  };
  const auto row = [&](int64_t i) {
    const auto values = ring.rows.rows(i, i + 1).span<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  log(-0.5, 1, 2);
  log(-0.25, 1, 3);
  CHECK(row(0) == std::vector<float>{-0.5f, 1, 2, 2, 2});
  CHECK(row(1) == std::vector<float>{-0.25f, 1, 3, 3, 3});
  log(-0.75, 0, 4);  // gradients
  CHECK(row(0) == std::vector<float>{-0.75f, 0, 4, 4, 4});
  CHECK(ring.finite.item() == 0);
  log(-0.75, 1, 5);
  CHECK(row(1)[1] == 0);
  ring.finite.copy_from(Tensor::full({}, 1, DType::i32));
  log(std::numeric_limits<double>::infinity(), 1, 6);  // the loss
  CHECK(row(0)[1] == 0);
  CHECK(ring.next.item() == 1);
}

}  // namespace siam
