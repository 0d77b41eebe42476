#include "tensor/moving_average.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "tensor/dispatch.h"
#include "tests/same_bits.h"
#include "tests/tensor/random_tensors.h"

namespace siam {

TEST_CASE("a moving average follows its equation, or stays where it is not enabled") {
  const int64_t n = 70000;  // more than one thread's part
  const auto inputs = random_tensors({{n}, {n}}, DType::f32, 3);
  for (const bool by_reference : {false, true}) {
    std::optional<ScopedReference> reference;
    if (by_reference) reference.emplace();
    const Tensor mean = inputs[0].clone();
    moving_average(mean, inputs[1], 0.9, Tensor::full({}, 0, DType::i32));
    CHECK(same_bits(mean, inputs[0]));
    moving_average(mean, inputs[1], 0.9, Tensor::full({}, 1, DType::i32));
    double worst = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double expected =
          0.9 * double{inputs[0].data<float>()[i]} + 0.1 * double{inputs[1].data<float>()[i]};
      worst = std::max(worst, std::abs(mean.data<float>()[i] - expected));
    }
    CHECK(worst < 1e-6);  // values up to 5, three roundings
  }
}

TEST_CASE("with momentum 0 a moving average becomes the other, whatever it was") {
  for (const float before : {1.0f, NAN, std::numeric_limits<float>::infinity()}) {
    const Tensor mean = Tensor::full({2}, before), x = Tensor::from<float>({2}, {3, -0.0f});
    moving_average(mean, x, 0, {});
    CHECK(same_bits(mean, x));
  }
}

TEST_CASE("a moving average of another shape or type is refused") {
  const Tensor mean = Tensor::zeros({2});
  CHECK_THROWS_AS(moving_average(mean, Tensor::zeros({3}), 0.5, {}), Error);
  CHECK_THROWS_AS(moving_average(mean, Tensor::zeros({2}, DType::bf16), 0.5, {}), Error);
  CHECK_THROWS_AS(moving_average(mean, mean, 0.5, Tensor::zeros({2}, DType::i32)), Error);
}

}  // namespace siam
