#include "tensor/philox.h"

#include <doctest/doctest.h>

#include <cmath>

namespace siam {

// Known answers published with the generator (Random123, file kat_vectors, philox4x32 10 rounds).
TEST_CASE("philox gives the published known answers") {
  struct Case {
    Philox4x32 counter;
    uint32_t key[2];
    Philox4x32 expected;
  };
  const Case cases[] = {
      {{{0, 0, 0, 0}}, {0, 0}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
      {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
       {0xffffffff, 0xffffffff},
       {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
      {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       {0xa4093822, 0x299f31d0},
       {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
  };
  for (const Case& c : cases) {
    const Philox4x32 got = philox(c.counter, c.key[0], c.key[1]);
    for (int i = 0; i < 4; ++i) CHECK(got.v[i] == c.expected.v[i]);
  }
}

TEST_CASE("a stream is a function of its name alone") {
  Random first(7, Purpose::augment, 3, 4, 1), again(7, Purpose::augment, 3, 4, 1);
  Random other_view(7, Purpose::augment, 3, 4, 0), other_purpose(7, Purpose::shuffle, 3, 4, 1);
  int same_view = 0, same_purpose = 0;
  for (int i = 0; i < 64; ++i) {
    const uint32_t bits = first.bits();
    CHECK(bits == again.bits());
    same_view += bits == other_view.bits();
    same_purpose += bits == other_purpose.bits();
  }
  CHECK(same_view == 0);
  CHECK(same_purpose == 0);
}

// 100,000 draws: the standard error of the mean is 0.0009 (uniform) and 0.0032 (normal); of the
// variance of the normal 0.0045. The bounds are about four of them.
TEST_CASE("uniform and normal have the right moments") {
  Random random(1, Purpose::test);
  double uniform_sum = 0, normal_sum = 0, normal_squares = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const float u = random.uniform();
    REQUIRE(u >= 0.0f);
    REQUIRE(u < 1.0f);
    uniform_sum += u;
    const double z = normal(random);
    normal_sum += z;
    normal_squares += z * z;
  }
  CHECK(std::abs(uniform_sum / n - 0.5) < 0.004);
  CHECK(std::abs(normal_sum / n) < 0.013);
  CHECK(std::abs(normal_squares / n - 1.0) < 0.018);
}

}  // namespace siam
