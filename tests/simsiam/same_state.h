#pragma once
// Two trainers that must have reached the same state.

#include <doctest/doctest.h>

#include "simsiam/trainer.h"
#include "tests/simsiam/toy.h"

namespace siam {

inline void check_same_state(const Trainer& a, const Trainer& b) {
  CHECK(same_bits(a.parameters().values, b.parameters().values));
  CHECK(same_bits(a.parameters().momentum, b.parameters().momentum));
  REQUIRE(a.history().size() == b.history().size());
  for (size_t i = 0; i < a.history().size(); ++i) {
    CHECK(a.history()[i].loss == b.history()[i].loss);
    CHECK(a.history()[i].std == b.history()[i].std);
    CHECK(a.history()[i].knn == b.history()[i].knn);
  }
}

/// Thrown from a run, as on an interrupt.
struct Interrupted {};

}  // namespace siam
