#include "tensor/schedule.h"

#include <doctest/doctest.h>

#include <vector>

#include "tensor/dispatch.h"

namespace siam {

namespace {

Tensor flag(int value) { return Tensor::full({}, value, DType::i32); }

}  // namespace

TEST_CASE("steps take the rows of a schedule in turn, and stay at the last one") {
  const Schedule schedule{Tensor::from<float>({3, 2}, {1, 10, 2, 20, 3, 30}), flag(0), 2};
  const Tensor now = Tensor::zeros({2});
  std::vector<float> first, second;
  for (int i = 0; i < 8; ++i) {
    follow_schedule(schedule, flag(1), now);
    first.push_back(now.data<float>()[0]);
    second.push_back(now.data<float>()[1]);
  }
  CHECK(first == std::vector<float>{1, 1, 2, 2, 3, 3, 3, 3});
  CHECK(second == std::vector<float>{10, 10, 20, 20, 30, 30, 30, 30});
  CHECK(schedule.step.item() == 8);
}

TEST_CASE("a step that is not enabled does not count") {
  const Schedule schedule{Tensor::from<float>({2, 1}, {1, 2}), flag(0), 1};
  const Tensor now = Tensor::full({1}, 7);
  follow_schedule(schedule, flag(0), now);
  CHECK(now.item() == 7);
  CHECK(schedule.step.item() == 0);
}

TEST_CASE("a schedule of other sizes or types is refused") {
  const Tensor values = Tensor::zeros({3, 2}), now = Tensor::zeros({2});
  CHECK_THROWS_AS(follow_schedule({values, flag(0), 1}, flag(1), Tensor::zeros({3})), Error);
  CHECK_THROWS_AS(follow_schedule({values, flag(0), 0}, flag(1), now), Error);
  CHECK_THROWS_AS(follow_schedule({values, Tensor::zeros({}), 1}, flag(1), now), Error);
  CHECK_THROWS_AS(follow_schedule({Tensor::zeros({0, 2}), flag(0), 1}, flag(1), now), Error);
}

}  // namespace siam
