// Softmax and what is derived from it, with logits so large that log sum exp would be lost to
// rounding next to them, and with logits of -inf.

#include <doctest/doctest.h>

#include <cmath>

#include "tensor/dispatch.h"
#include "tensor/map.h"
#include "tensor/rows.h"
#include "tests/devices.h"

namespace siam {

namespace {

using Row = std::vector<float>;

Tensor matrix(const Row& row, DType type, Device device) {
  return cast(Tensor::from<float>({1, static_cast<int64_t>(row.size())}, row), type).to(device);
}

// Each result is one number rounded to the type, after a few roundings of the arithmetic in f32.
double tolerance_of(DType type) { return type == DType::bf16 ? 0x1p-8 : 1e-6; }

void check_row(const Tensor& seen, const Row& expected) {
  const Tensor values = cast(seen.to(Device::cpu), DType::f32);
  REQUIRE(values.numel() == static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    const double value = values.data<float>()[i], want = expected[i];
    CAPTURE(value);
    CAPTURE(want);
    if (std::isinf(want) || want == 0)
      CHECK(value == want);
    else
      CHECK(std::abs(value - want) <= tolerance_of(seen.dtype()) * std::abs(want));
  }
}

// By the cross-entropy with all weight on one class, for each class.
void check_log_softmax(const Tensor& logits, const Row& expected) {
  for (size_t i = 0; i < expected.size(); ++i) {
    Row one(expected.size());
    one[i] = 1;
    check_row(softmax_cross_entropy(logits, matrix(one, logits.dtype(), logits.device())),
              {-expected[i]});
  }
}

template <class Body>
void everywhere(const Body& body) {
  for (const Device device : devices())
    for (const DType type : {DType::f32, DType::bf16, DType::f64}) {
      if (device == Device::cuda && type == DType::f64) continue;
      CAPTURE(device);
      CAPTURE(type);
      body(type, device);
    }
}

const float kLog2 = std::log(2.0f), kLog3 = std::log(3.0f);

}  // namespace

TEST_CASE("softmax of logits up to 1e30: their differences count, not their size") {
  everywhere([](DType type, Device device) {
    for (const float size : {1.0f, 1e4f, 1e10f, 1e16f, 1e30f})
      for (const float sign : {1.0f, -1.0f}) {
        CAPTURE(size * sign);
        // The value as rounded by bf16.
        const float m = cast(matrix({size * sign}, type, Device::cpu), DType::f32).item();
        const Tensor equal = matrix({m, m, m}, type, device);
        check_row(softmax(equal), Row(3, 1.0f / 3));
        check_log_softmax(equal, Row(3, -kLog3));
        if (size < 1e3f) continue;  // the smallest logit has a probability of 0 from here on
        const Tensor apart =
            sign > 0 ? matrix({m, m, 0}, type, device) : matrix({0, 0, m}, type, device);
        const float far = -std::abs(m);
        check_row(softmax(apart), {0.5f, 0.5f, 0});
        check_log_softmax(apart, {-kLog2, -kLog2, far - kLog2});
        const Tensor target = matrix({1, 0, 0}, type, device);
        const Tensor dy = Tensor::full({1}, 2, accumulate_type(type), device);
        check_row(softmax_cross_entropy(apart, target), {kLog2});
        check_row(softmax_cross_entropy_backward(dy, apart, target), {-1, 1, 0});
        check_row(softmax_cross_entropy(apart, matrix({0, 0, 1}, type, device)), {kLog2 - far});
      }
  });
}

TEST_CASE("a logit of -inf has a probability of 0, and costs nothing where no weight is on it") {
  everywhere([](DType type, Device device) {
    const Tensor dy = Tensor::full({1}, 1, accumulate_type(type), device);
    for (const Row& logits : {Row{-INFINITY, 3, 3}, Row{3, -INFINITY, 3}, Row{3, 3, -INFINITY}}) {
      Row half, logarithm, one, gradient;
      bool first = true;  // of the two that are left: the target
      for (const float x : logits) {
        const bool out = std::isinf(x);
        half.push_back(out ? 0 : 0.5f);
        logarithm.push_back(out ? -INFINITY : -kLog2);
        one.push_back(!out && first);
        gradient.push_back(out ? 0 : first ? -0.5f : 0.5f);
        first = first && out;
      }
      const Tensor x = matrix(logits, type, device), target = matrix(one, type, device);
      check_row(softmax(x), half);
      check_log_softmax(x, logarithm);
      check_row(softmax_cross_entropy(x, target), {kLog2});
      check_row(softmax_cross_entropy_backward(dy, x, target), gradient);
    }
    // More of them than a GPU has threads for a row, some of which have nothing else to add.
    Row many(3000, -INFINITY), zeros(3000);
    many[2999] = many[1] = 7;
    zeros[1] = 1;
    check_row(softmax_cross_entropy(matrix(many, type, device), matrix(zeros, type, device)),
              {kLog2});
    // Weight on an impossible class is an infinite loss; a row without a finite logit has no
    // softmax.
    check_row(
        softmax_cross_entropy(matrix({-INFINITY, 0}, type, device), matrix({1, 0}, type, device)),
        {INFINITY});
    const Tensor none = softmax(matrix({-INFINITY, -INFINITY}, type, device));
    CHECK(std::isnan(cast(none.to(Device::cpu), DType::f32).data<float>()[0]));
  });
}

}  // namespace siam
