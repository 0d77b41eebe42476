// The backward kernel of an op that is linear in an input is the transpose of the forward kernel:
// for y = A x and any v, <A x, v> = <x, A^T v>, and A^T v is the gradient of x for the seed v. An
// index that one of the two kernels gets wrong breaks the equality. On small integers all sums are
// exact, so both sides are the same number.

#include <doctest/doctest.h>

#include <cmath>

#include "tensor/cpu/conv_algorithm.h"
#include "tensor/philox.h"
#include "tests/autograd/op_cases.h"
#include "tests/relative_error.h"

namespace siam {

namespace {

double dot(const Tensor& a, const Tensor& b) {
  const Tensor x = as_double(a), y = as_double(b);
  double sum = 0;
  for (int64_t i = 0; i < x.numel(); ++i) sum += x.data<double>()[i] * y.data<double>()[i];
  return sum;
}

Tensor integers(const Shape& shape, Random& random) {
  const Tensor tensor = Tensor::empty(shape);
  for (float& value : tensor.span<float>()) value = static_cast<float>(random.below(5)) - 2;
  return tensor;
}

using Op = std::function<Variable(const std::vector<Variable>&)>;

// `op` must be linear in each of its inputs. Max pooling is, as long as the winners are fixed.
// tolerance: relative to |y| |v|.
void check_adjoint(const Op& op, const std::vector<Shape>& shapes, Random& random,
                   double tolerance = 0) {
  std::vector<Variable> leaves;
  for (const Shape& shape : shapes) leaves.emplace_back(integers(shape, random), true);
  const Variable y = op(leaves);
  const Tensor v = integers(y.shape(), random);
  const double forward = dot(y.value(), v);
  const double slack = tolerance * std::sqrt(dot(y.value(), y.value()) * dot(v, v));
  backward(y, v);
  for (const Variable& leaf : leaves) {
    CAPTURE(leaf.shape());
    CHECK(std::abs(dot(leaf.value(), leaf.grad()) - forward) <= slack);
  }
}

}  // namespace

TEST_CASE("convolution is bilinear: <y, v> = <x, dx> = <w, dw>") {
  Random random(12, Purpose::test);
  struct Layer {
    Shape x, w;
    ConvGeometry g;
  };
  for (const Layer& layer :
       {Layer{{2, 32, 32, 3}, {64, 3, 3, 3}, {1, 1}}, Layer{{1, 64, 64, 3}, {64, 7, 7, 3}, {2, 3}},
        Layer{{2, 32, 32, 64}, {64, 3, 3, 64}, {1, 1}},
        Layer{{2, 16, 16, 64}, {128, 3, 3, 64}, {2, 1}},
        Layer{{2, 16, 16, 64}, {128, 1, 1, 64}, {2, 0}},
        Layer{{2, 14, 14, 256}, {64, 1, 1, 256}, {1, 0}},
        Layer{{3, 7, 9, 5}, {6, 2, 4, 5}, {3, 1}}}) {
    CAPTURE(layer.x);
    CAPTURE(layer.w);
    const Op op = [&](const std::vector<Variable>& in) { return conv2d(in[0], in[1], layer.g); };
    // Winograd's transforms have fractions; their error is measured in
    // tests/tensor/winograd_test.cc.
    check_adjoint(op, {layer.x, layer.w}, random, 1e-5);
    const cpu::ScopedDirectConv direct;
    check_adjoint(op, {layer.x, layer.w}, random);
  }
}

TEST_CASE("linear is bilinear: <y, v> = <x, dx> = <w, dw>") {
  Random random(13, Purpose::test);
  const Op op = [](const std::vector<Variable>& in) { return linear(in[0], in[1]); };
  for (const auto& [rows, in, out] : {std::array{1, 1, 1}, {5, 17, 31}, {64, 512, 2048}})
    check_adjoint(op, {{rows, in}, {out, in}}, random);
}

TEST_CASE("a bias is linear for itself") {
  Random random(14, Purpose::test);
  // Without x the result is the bias, row by row.
  const Variable x(Tensor::zeros({33, 7})), w(Tensor::zeros({129, 7}));
  check_adjoint([&](const std::vector<Variable>& in) { return linear(x, w, in[0]); }, {{129}},
                random);
}

TEST_CASE("pools are linear: <y, v> = <x, dx>") {
  Random random(15, Purpose::test);
  for (const PoolGeometry& g :
       {PoolGeometry{3, 2, 1}, PoolGeometry{2, 2, 0}, PoolGeometry{3, 1, 1}, PoolGeometry{5, 3, 2}})
    check_adjoint([&](const std::vector<Variable>& in) { return max_pool2d(in[0], g); },
                  {{3, 15, 18, 20}}, random);
  check_adjoint([](const std::vector<Variable>& in) { return global_avg_pool(in[0]); },
                {{5, 8, 4, 33}}, random);
}

TEST_CASE("slices, sums and means are linear") {
  Random random(16, Purpose::test);
  check_adjoint([](const std::vector<Variable>& in) { return slice(in[0], 3, 8); }, {{11, 6}},
                random);
  check_adjoint([](const std::vector<Variable>& in) { return scale(in[0], -3); }, {{11, 6}},
                random);
  check_adjoint([](const std::vector<Variable>& in) { return mean(in[0]); }, {{16, 32}}, random);
  // Rows in both parts have the sum of two gradients.
  check_adjoint(
      [](const std::vector<Variable>& in) { return add(slice(in[0], 5, 11), slice(in[0], 0, 6)); },
      {{11, 6}}, random);
}

}  // namespace siam
