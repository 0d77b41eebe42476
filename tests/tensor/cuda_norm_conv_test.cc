// Convolutions fused with the batch norms around them against the same written out, on the
// reference.

#include "tensor/norm_conv.h"

#include "tensor/cuda/runtime.h"
#include "tests/tensor/cuda_compare.h"

namespace siam {

namespace {

/// While it lives, whatever can be fused is, or nothing.
class ScopedFusion {
 public:
  explicit ScopedFusion(Fusion fusion) {
    cuda::LibraryPolicy policy = before_;
    policy.fusion = fusion;
    cuda::set_library_policy(policy);
  }
  ~ScopedFusion() { cuda::set_library_policy(before_); }

 private:
  cuda::LibraryPolicy before_ = cuda::library_policy();
};

struct Case {
  Shape x, w;
  ConvGeometry geometry;
  int groups;
};
const std::vector<Case> kCases = {
    {{4, 6, 5, 16}, {24, 3, 3, 16}, {1, 1}, 2}, {{2, 9, 9, 8}, {16, 3, 3, 8}, {2, 1}, 1},
    {{6, 4, 4, 32}, {8, 1, 1, 32}, {1, 0}, 2},  {{4, 7, 7, 8}, {16, 1, 1, 8}, {2, 0}, 2},
    {{8, 3, 3, 16}, {8, 3, 3, 16}, {1, 1}, 4},
};

BatchStatistics statistics_of(const Tensor& y, const BatchStatistics& given, int groups) {
  return given.mean.defined() ? given : batch_statistics(y, groups);
}

// Forward and both gradients; gamma and beta are inputs, so that they are on the op's device.
Tensors forward_and_backward(const Case& c, const Tensors& t) {
  const auto &x = t[0], &w = t[1], &dy = t[2];
  const NormParameters norm{batch_statistics(x, c.groups), 1e-5, t[3], t[4]};
  const NormConv out = norm_conv2d(x, norm, w, c.geometry);
  const BatchStatistics of_y = statistics_of(out.y, out.statistics, c.groups);
  const Tensor dw = norm_conv2d_backward_weight(dy, x, norm, out.a, w.shape(), c.geometry);
  const auto [g, sums] = norm_conv2d_backward_data(dy, w, x, norm, c.geometry);
  const Tensor dx = normalize_input_grad(g, x, {}, norm.statistics, norm.eps, norm.gamma, norm.beta,
                                         /*relu=*/true, sums.groups, x.shape().rows() / c.groups,
                                         /*want_dresidual=*/false)
                        .dx;
  return {out.y, of_y.mean, of_y.variance, dw, dx, sums.groups, sums.dgamma, sums.dbeta};
}

Tensors inputs_of(const Case& c, DType type, Random& random) {
  const Shape channels = {c.x[3]};
  return {normals(c.x, type, random), normals(c.w, type, random),
          normals(conv2d_shape(c.x, c.w, c.geometry), type, random),
          normals(channels, DType::f32, random), normals(channels, DType::f32, random)};
}

// Rounded to f16 are scale, shift, a and y, one unit in the last place each; written out only a
// and y are, and alike on both sides.
constexpr double kFusedTolerance = 4 * 0x1p-10;

}  // namespace

TEST_CASE("a norm, its ReLU and a convolution, fused and not") {
  for (const auto fusion : {Fusion::always, Fusion::never}) {
    const ScopedFusion scope(fusion);
    for (const DType type : kStorageTypes)
      for (const Case& c : kCases) {
        Random random(23, Purpose::test, static_cast<uint32_t>(type));
        const bool fused = fusion == Fusion::always && type == DType::f16;
        compare("norm_conv2d", inputs_of(c, type, random),
                fused ? kFusedTolerance : tolerance_of(type),
                [&](const Tensors& t) { return forward_and_backward(c, t); });
      }
  }
}

TEST_CASE("a convolution with the statistics of its result") {
  for (const auto fusion : {Fusion::always, Fusion::never}) {
    const ScopedFusion scope(fusion);
    for (const Case& c : kCases) {
      Random random(29, Purpose::test, 0);
      const Tensors inputs = inputs_of(c, DType::f16, random);
      compare("conv2d_with_statistics", {inputs[0], inputs[1]}, tolerance_of(DType::f16),
              [&](const Tensors& t) {
                const auto [y, given] = conv2d_with_statistics(t[0], t[1], c.geometry, c.groups);
                const BatchStatistics s = statistics_of(y, given, c.groups);
                return Tensors{y, s.mean, s.variance};
              });
    }
  }
}

TEST_CASE("only f16 with channels of a multiple of 8 is fused") {
  const ScopedFusion scope(Fusion::always);
  const auto fused = [](DType type, int64_t in, int64_t out) {
    const Tensor x = Tensor::zeros({2, 4, 4, in}, type, Device::cuda);
    const Tensor w = Tensor::zeros({out, 3, 3, in}, type, Device::cuda);
    return conv2d_with_statistics(x, w, {1, 1}, 1).statistics.mean.defined();
  };
  CHECK(fused(DType::f16, 8, 16));
  CHECK_FALSE(fused(DType::f16, 8, 12));
  CHECK_FALSE(fused(DType::f16, 3, 16));
  CHECK_FALSE(fused(DType::bf16, 8, 16));
  CHECK_FALSE(fused(DType::f32, 8, 16));
}

}  // namespace siam
