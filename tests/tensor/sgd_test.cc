#include "tensor/sgd.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tensor/dispatch.h"
#include "tensor/map.h"
#include "tensor/philox.h"
#include "tests/tensor/guarded_allocator.h"

namespace siam {

namespace {

Tensor normals(int64_t count, uint32_t stream) {
  Random random(31, Purpose::test, stream);
  const Tensor tensor = Tensor::empty({count});
  for (float& value : tensor.span<float>()) value = normal(random);
  return tensor;
}

// Values stay below 8 and a step has four roundings, each of half a unit of 8 at most: 2^-22.
constexpr double kTolerance = 4 * 0x1p-22;

}  // namespace

// 100,003 elements are several pieces for the threads and end in the middle of a vector.
TEST_CASE("three SGD steps follow the equations, in the kernel and in the reference") {
  GuardedAllocator guarded;
  {
    const ScopedAllocator scope(guarded);
    const SgdRates rates{.momentum = 0.9,
                         .weight_decay = 0.01,
                         .learning_rate = Tensor::full({1}, 0.125),
                         .grad_scale = 0.5};
    for (const bool by_reference : {false, true})
      for (const int64_t count : {int64_t{1}, int64_t{17}, int64_t{100003}}) {
        CAPTURE(by_reference);
        CAPTURE(count);
        const Tensor w = normals(count, 1), v = normals(count, 2);
        const Tensor half = Tensor::empty({count}, DType::bf16);
        std::vector<double> weights(w.span<float>().begin(), w.span<float>().end());
        std::vector<double> velocity(v.span<float>().begin(), v.span<float>().end());
        for (uint32_t step = 0; step < 3; ++step) {
          const Tensor g = normals(count, 3 + step);
          if (by_reference) {
            const ScopedReference reference;
            sgd_step(w, g, v, rates, half);
          } else {
            sgd_step(w, g, v, rates, half);
          }
          for (int64_t i = 0; i < count; ++i) {
            velocity[i] = 0.9 * velocity[i] + (0.5 * g.data<float>()[i] + 0.01 * weights[i]);
            weights[i] -= 0.125 * velocity[i];
          }
        }
        double worst = 0;
        int64_t wrong_halves = 0;
        const float *got = w.data<float>(), *got_velocity = v.data<float>();
        for (int64_t i = 0; i < count; ++i) {
          worst = std::max(worst, std::abs(got[i] - weights[i]));
          worst = std::max(worst, std::abs(got_velocity[i] - velocity[i]));
          wrong_halves += half.data<bf16>()[i].bits != bf16(got[i]).bits;
        }
        CHECK(worst < kTolerance);
        CHECK(wrong_halves == 0);
      }
  }
  CHECK(guarded.intact());
}

TEST_CASE("SGD changes nothing where it is not enabled") {
  for (const int32_t enabled : {0, 1}) {
    const Tensor w = normals(100, 1), v = normals(100, 2), half = Tensor::zeros({100}, DType::bf16);
    const Tensor before = w.clone(), velocity = v.clone();
    sgd_step(
        w, normals(100, 3), v,
        {.learning_rate = Tensor::full({}, 0.1), .enabled = Tensor::full({}, enabled, DType::i32)},
        half);
    const auto same = [](const Tensor& a, const Tensor& b) {
      return std::equal(a.span<float>().begin(), a.span<float>().end(), b.span<float>().begin());
    };
    CHECK(same(w, before) == (enabled == 0));
    CHECK(same(v, velocity) == (enabled == 0));
    CHECK((half.data<bf16>()[0].bits == 0) == (enabled == 0));
  }
}

TEST_CASE("SGD refuses what is not f32 of one shape") {
  const Tensor w = Tensor::zeros({3}), rate = Tensor::full({1}, 0.1);
  CHECK_THROWS_AS(sgd_step(w, Tensor::zeros({4}), w.clone(), {.learning_rate = rate}), Error);
  CHECK_THROWS_AS(sgd_step(w, Tensor::zeros({3}, DType::bf16), w.clone(), {.learning_rate = rate}),
                  Error);
  CHECK_THROWS_AS(sgd_step(w, w.clone(), w.clone(), {.learning_rate = w}), Error);
}

}  // namespace siam
