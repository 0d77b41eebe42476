#include "tensor/top_k.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tensor/dispatch.h"
#include "tensor/philox.h"
#include "tests/same_bits.h"

namespace siam {

TEST_CASE("the largest come first, of equals the lower column") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::from<float>({2, 6}, {1, 3, -2, 3, 0, -0.0f,  //
                                                -INFINITY, -1, INFINITY, kNan, -5, -1});
  const TopK best = top_k(x, 5);
  const auto column = [&](int64_t row, int64_t i) {
    return best.columns.data<int32_t>()[row * 5 + i];
  };
  for (const auto& [i, wanted] : {std::pair{0, 1}, {1, 3}, {2, 0}, {3, 4}, {4, 5}})
    CHECK(column(0, i) == wanted);
  for (const auto& [i, wanted] : {std::pair{0, 3}, {1, 2}, {2, 1}, {3, 5}, {4, 4}})
    CHECK(column(1, i) == wanted);
  CHECK(best.values.data<float>()[0] == 3);
  CHECK(best.values.data<float>()[5 + 4] == -5);
  const Tensor nans = Tensor::from<float>({1, 3}, {INFINITY, -kNan, -INFINITY});
  CHECK(top_k(nans, 1).columns.data<int32_t>()[0] == 1);
  CHECK_THROWS_WITH_AS(top_k(x, 7), "top_k: k 7 of 6 columns; 1 to 6 is needed", Error);
}

TEST_CASE("keys keep values and columns, and order them") {
  const float values[] = {-INFINITY, -3.5f, -1e-30f, 0, 1e-30f, 2, INFINITY};
  for (size_t i = 0; i < std::size(values); ++i) {
    const RankKey key(values[i], 7);
    CHECK(key.value() == values[i]);
    CHECK(key.column() == 7);
    CHECK(key.bits < RankKey(values[i], 6).bits);
    if (i > 0) CHECK(key.bits > RankKey(values[i - 1], 0).bits);
  }
}

TEST_CASE("the CPU's kernel is the reference's, bit by bit") {
  Random random(3, Purpose::test, 0);
  const Tensor x = Tensor::empty({37, 501});
  // Few distinct values, so many equal ones.
  for (float& value : x.span<float>()) value = static_cast<float>(random.below(40)) - 20;
  for (const int64_t k : {1, 17, 200, 501}) {
    const TopK seen = top_k(x, k);
    const ScopedReference reference;
    const TopK wanted = top_k(x, k);
    CHECK(same_bits(seen.values, wanted.values));
    CHECK(same_bits(seen.columns, wanted.columns));
  }
}

}  // namespace siam
