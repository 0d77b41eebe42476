// The policy that chooses a convolution's algorithm; needs no GPU.

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <vector>

#include "tensor/cuda/conv_plan.h"
#include "tensor/cuda/tuner.h"
#include "tests/scratch.h"

namespace siam::cuda {

TEST_CASE("algorithms that work, repeat and fit can be chosen") {
  const auto candidate = [](int algorithm, size_t workspace, bool works, bool deterministic) {
    return ConvCandidate{algorithm, workspace, works, deterministic, CUDNN_DEFAULT_MATH};
  };
  const std::vector<ConvCandidate> ranked = {
      candidate(0, 10, false, true), candidate(1, 10, true, false), candidate(2, 1000, true, true),
      candidate(3, 100, true, true), candidate(4, 0, true, true)};
  const auto chosen = [&](size_t cap) {
    std::vector<int> algorithms;
    for (const ConvCandidate& each : usable(ranked, cap, true)) algorithms.push_back(each.algorithm);
    return algorithms;
  };
  CHECK(chosen(100) == std::vector<int>{3, 4});
  CHECK(chosen(5000) == std::vector<int>{2, 3, 4});
  CHECK(chosen(50) == std::vector<int>{4});
  CHECK(usable({ranked.data(), 2}, 5000, true).empty());
  CHECK(usable({ranked.data(), 2}, 5000, false).size() == 1);  // the one that may not repeat
}

TEST_CASE("a plan's key tells problems apart") {
  const Tensor x = Tensor::empty({2, 8, 8, 16});
  const Shape filter = {32, 3, 3, 16};
  const ConvKey key = ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, {});
  CHECK(key == ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, {}));
  CHECK(key != ConvKey::of(ConvDirection::backward_data, x, filter, {1, 1}, {}));
  CHECK(key != ConvKey::of(ConvDirection::forward, x, filter, {2, 1}, {}));
  CHECK(key != ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, {.tf32 = true}));
  CHECK(key !=
        ConvKey::of(ConvDirection::forward, Tensor::empty({4, 8, 8, 16}), filter, {1, 1}, {}));
  CHECK(key != ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, {.deterministic = false}));
  // TF32 is a matter of f32 alone.
  const Tensor half = Tensor::empty({2, 8, 8, 16}, DType::bf16);
  CHECK(ConvKey::of(ConvDirection::forward, half, filter, {1, 1}, {.tf32 = true}) ==
        ConvKey::of(ConvDirection::forward, half, filter, {1, 1}, {}));
}

TEST_CASE("names of problems and algorithms tell them apart") {
  const Tensor x = Tensor::empty({2, 8, 8, 16}, DType::bf16);
  const ConvKey key = ConvKey::of(ConvDirection::forward, x, {32, 3, 3, 16}, {1, 1}, {});
  CHECK(key.name() == "conv_forward_bf16_2x8x8x16_32x3x3_s1p1");
  CHECK(ConvCandidate{3, 0, true, true, CUDNN_FMA_MATH}.name() !=
        ConvCandidate{3, 0, true, true, CUDNN_TENSOR_OP_MATH}.name());
}

namespace {

// Measures by a table, and counts.
struct Clock {
  std::vector<double> seconds;
  int calls = 0;
  std::function<double(size_t)> measure() {
    return [this](size_t index) { return ++calls, seconds[index]; };
  }
};
const std::vector<std::string> kThree = {"a", "b", "c"};

}  // namespace

TEST_CASE("the tuner measures once and remembers, in its file too") {
  const ScratchFolder folder;
  const auto file = folder.path() / "cache" / "plans.txt";
  Clock clock{{3, 1, 1}};
  {
    Tuner tuner(file, "a GPU");
    CHECK(tuner.choose("p", kThree, clock.measure()) == 1);  // the first of equals
    CHECK(clock.calls == 3);
    CHECK(tuner.choose("p", kThree, clock.measure()) == 1);
    CHECK(clock.calls == 3);
  }
  Clock reversed{{1, 2, 3}};
  Tuner later(file, "a GPU");
  CHECK(later.choose("p", kThree, reversed.measure()) == 1);
  CHECK(reversed.calls == 0);
  CHECK(later.choose("q", kThree, reversed.measure()) == 0);
  CHECK(later.choose("p", std::vector<std::string>{"c", "b"}, reversed.measure()) == 1);
  // The remembered algorithm is gone: measured again.
  CHECK(later.choose("p", std::vector<std::string>{"a", "c"}, reversed.measure()) == 0);
}

TEST_CASE("the tuner ignores a file that is damaged or another machine's") {
  const ScratchFolder folder;
  const auto file = folder.path() / "plans.txt";
  Clock clock{{3, 2, 1}};
  Tuner(file, "one").choose("p", kThree, clock.measure());
  Clock other{{1, 2, 3}};
  CHECK(Tuner(file, "two").choose("p", kThree, other.measure()) == 0);
  std::ofstream(file) << "simsiam-plans-1 two 2\np a\n";  // cut off: one of two
  CHECK(Tuner(file, "two").choose("p", kThree, clock.measure()) == 2);
  std::ofstream(file) << "rubbish";
  CHECK(Tuner(file, "two").choose("p", kThree, clock.measure()) == 2);
}

TEST_CASE("the tuner leaves out what does not work, and says when nothing does") {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  Clock some{{kNever, 5, kNever}}, none{{kNever, kNever, kNever}};
  Tuner tuner({}, "a GPU");
  CHECK(tuner.choose("p", kThree, some.measure()) == 1);
  CHECK_THROWS_AS(tuner.choose("q", kThree, none.measure()), Error);
  CHECK_THROWS_AS(tuner.choose("q", {}, none.measure()), Error);
  none.calls = 0;
  CHECK(tuner.choose("q", std::vector<std::string>{"only"}, none.measure()) == 0);
  CHECK(none.calls == 0);
}

}  // namespace siam::cuda
