// The policy that chooses a convolution's algorithm; needs no GPU.

#include <doctest/doctest.h>

#include <vector>

#include "tensor/cuda/conv_plan.h"

namespace siam::cuda {

TEST_CASE("the first algorithm that works, repeats and fits is chosen") {
  const auto candidate = [](int algorithm, size_t workspace, bool works, bool deterministic) {
    return ConvCandidate{algorithm, workspace, works, deterministic, CUDNN_DEFAULT_MATH};
  };
  const std::vector<ConvCandidate> ranked = {
      candidate(0, 10, false, true), candidate(1, 10, true, false), candidate(2, 1000, true, true),
      candidate(3, 100, true, true), candidate(4, 0, true, true)};
  CHECK(choose(ranked, 100)->algorithm == 3);
  CHECK(choose(ranked, 5000)->algorithm == 2);
  CHECK(choose(ranked, 50)->algorithm == 4);
  CHECK(choose({ranked.data(), 2}, 5000) == nullptr);
}

TEST_CASE("a plan's key tells problems apart") {
  const Tensor x = Tensor::empty({2, 8, 8, 16});
  const Shape filter = {32, 3, 3, 16};
  const ConvKey key = ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, false);
  CHECK(key == ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, false));
  CHECK(key != ConvKey::of(ConvDirection::backward_data, x, filter, {1, 1}, false));
  CHECK(key != ConvKey::of(ConvDirection::forward, x, filter, {2, 1}, false));
  CHECK(key != ConvKey::of(ConvDirection::forward, x, filter, {1, 1}, true));
  CHECK(key !=
        ConvKey::of(ConvDirection::forward, Tensor::empty({4, 8, 8, 16}), filter, {1, 1}, false));
  // TF32 is a matter of f32 alone.
  const Tensor half = Tensor::empty({2, 8, 8, 16}, DType::bf16);
  CHECK(ConvKey::of(ConvDirection::forward, half, filter, {1, 1}, true) ==
        ConvKey::of(ConvDirection::forward, half, filter, {1, 1}, false));
}

}  // namespace siam::cuda
