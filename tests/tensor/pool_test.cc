// What integers cannot show (the rest is in exact_test.cc): ties, NaN, refused shapes, and that the
// results do not depend on the number of threads.

#include "tensor/pool.h"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "tensor/dispatch.h"
#include "tensor/map.h"
#include "tensor/parallel.h"
#include "tests/same_bits.h"
#include "tests/tensor/random_tensors.h"

namespace siam {

namespace {

Tensor normals(const Shape& shape, DType type) {
  Random random(51, Purpose::test);
  return cast(normals(shape, DType::f32, random), type);
}

}  // namespace

TEST_CASE("pools have the reference's bits, for any number of threads") {
  const PoolGeometry g;
  for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
    CAPTURE(type);
    const Tensor x = normals({3, 12, 13, 37}, type), dy = normals({3, 6, 7, 37}, type);
    const Tensor dmean = normals({3, 37}, type);
    const auto run = [&] {
      const MaxPool pool = max_pool2d(x, g);
      return std::vector{pool.y, pool.taps, max_pool2d_backward(dy, pool.taps, x.shape(), g),
                         global_avg_pool(x), global_avg_pool_backward(dmean, x.shape())};
    };
    const auto expected = [&] {
      const ScopedReference reference;
      return run();
    }();
    for (const int count : {1, 2}) {
      set_threads(count);
      const auto got = run();
      set_threads(0);
      for (size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        CHECK(same_bits(got[i], expected[i]));
      }
    }
  }
}

TEST_CASE("the first of equal elements wins, and the first NaN wins over everything") {
  const auto tap_of = [](std::initializer_list<float> window) {
    const MaxPool pool = max_pool2d(Tensor::from<float>({1, 2, 2, 1}, window), {2, 2, 0});
    return static_cast<int>(*pool.taps.data<uint8_t>());
  };
  for (const bool by_reference : {false, true}) {
    std::optional<ScopedReference> reference;
    if (by_reference) reference.emplace();
    CAPTURE(by_reference);
    CHECK(tap_of({1, 2, 2, 1}) == 1);
    CHECK(tap_of({-1, -1, -1, -1}) == 0);
    CHECK(tap_of({-INFINITY, -INFINITY, -INFINITY, -INFINITY}) == 0);
    CHECK(tap_of({1, INFINITY, NAN, 5}) == 2);
    CHECK(tap_of({1, NAN, NAN, 5}) == 1);
  }
}

TEST_CASE("pools refuse what they cannot do") {
  const Tensor x = Tensor::zeros({1, 4, 4, 2});
  CHECK_THROWS_AS(max_pool2d(x, {5, 1, 0}), Error);
  CHECK_THROWS_AS(max_pool2d(x, {3, 2, 2}), Error);
  CHECK_THROWS_AS(max_pool2d(x, {16, 1, 8}), Error);
  const Tensor dy = max_pool2d(x, {2, 2, 0}).y;
  CHECK_THROWS_AS(max_pool2d_backward(dy, dy, x.shape(), {2, 2, 0}), Error);  // taps that are f32
  CHECK_THROWS_AS(global_avg_pool(Tensor::zeros({4, 2})), Error);
  CHECK_THROWS_AS(global_avg_pool_backward(Tensor::zeros({1, 3}), x.shape()), Error);
}

}  // namespace siam
