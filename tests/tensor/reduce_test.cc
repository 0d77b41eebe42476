#include "tensor/reduce.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "tensor/dispatch.h"
#include "tensor/map.h"

namespace siam {

TEST_CASE("infinities and NaNs are found wherever they are, and nothing else is") {
  constexpr float kMost = std::numeric_limits<float>::max(),
                  kInfinity = std::numeric_limits<float>::infinity();
  const int64_t n = 3 * 65536 + 7;  // several threads' parts, and a rest
  for (const bool by_reference : {false, true}) {
    std::optional<ScopedReference> reference;
    if (by_reference) reference.emplace();
    const Tensor x = Tensor::full({n}, -1);
    for (const int64_t at : {int64_t{0}, int64_t{65535}, int64_t{65536}, n - 1}) {
      float& element = x.data<float>()[at];
      for (const float value : {kMost, -kMost, -0.0f, std::numeric_limits<float>::denorm_min()}) {
        element = value;
        CHECK(all_finite(x));
      }
      for (const float value : {kInfinity, -kInfinity, std::nanf(""), -std::nanf("")}) {
        element = value;
        CHECK_FALSE(all_finite(x));
        for (const DType type : {DType::bf16, DType::f16}) CHECK_FALSE(all_finite(cast(x, type)));
      }
      element = -1;
    }
    CHECK(all_finite(Tensor::zeros({0})));
    CHECK_FALSE(all_finite(Tensor::full({1}, NAN, DType::f64)));
  }
}

}  // namespace siam
