// Convolutions and matrix products: rounding, refused shapes. That their
// indices are right is shown on integers in exact_test.cc.

#include "tensor/conv.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tensor/matmul.h"
#include "tensor/philox.h"

namespace siam {

namespace {

Tensor normals(const Shape& shape, DType type, Random& random) {
  const Tensor tensor = Tensor::empty(shape, type);
  if (type == DType::f64)
    for (double& value : tensor.span<double>()) value = normal(random);
  else
    for (float& value : tensor.span<float>()) value = normal(random);
  return tensor;
}

}  // namespace

// F(4x4,3x3) loses about two bits against direct summation: measured relative L2 errors are about
// 1e-6; 1e-5 leaves room for other channel counts and is far below any indexing error.
TEST_CASE("the best f32 algorithm stays near the f64 definition") {
  Random random(5, Purpose::test);
  const ConvGeometry g{1, 1};
  for (const Shape& shape : {Shape{2, 32, 32, 64}, Shape{2, 16, 16, 128}, Shape{2, 4, 4, 256}}) {
    const Shape w_shape{shape[3], 3, 3, shape[3]};
    const Tensor x = normals(shape, DType::f64, random), w = normals(w_shape, DType::f64, random);
    const Tensor dy = normals(shape, DType::f64, random);
    const auto narrow = [](const Tensor& wide) {
      const Tensor tensor = Tensor::empty(wide.shape());
      for (int64_t i = 0; i < wide.numel(); ++i)
        tensor.data<float>()[i] = static_cast<float>(wide.data<double>()[i]);
      return tensor;
    };
    const Tensor xf = narrow(x), wf = narrow(w), dyf = narrow(dy);
    const auto error = [](const Tensor& got, const Tensor& exact) {
      double difference = 0, norm = 0;
      for (int64_t i = 0; i < got.numel(); ++i) {
        const double d = got.data<float>()[i] - exact.data<double>()[i];
        difference += d * d;
        norm += exact.data<double>()[i] * exact.data<double>()[i];
      }
      return std::sqrt(difference / norm);
    };
    const double y_error = error(conv2d(xf, wf, g), conv2d(x, w, g));
    const double dx_error =
        error(conv2d_backward_data(dyf, wf, shape, g), conv2d_backward_data(dy, w, shape, g));
    const double dw_error = error(conv2d_backward_weight(dyf, xf, w_shape, g),
                                  conv2d_backward_weight(dy, x, w_shape, g));
    MESSAGE(fmt::format("x {}: errors {:.2g} {:.2g} {:.2g}", shape, y_error, dx_error, dw_error));
    CHECK(y_error < 1e-5);
    CHECK(dx_error < 1e-5);
    CHECK(dw_error < 1e-5);
  }
}

TEST_CASE("wrong shapes are refused with what was seen and what is needed") {
  const Tensor x = Tensor::zeros({1, 8, 8, 3}), w = Tensor::zeros({4, 3, 3, 64});
  CHECK_THROWS_AS(conv2d(x, w, {1, 1}), Error);
  CHECK_THROWS_AS(conv2d_shape({1, 2, 2, 3}, {4, 3, 3, 3}, {1, 0}), Error);
  CHECK_THROWS_AS(matmul(Tensor::zeros({2, 3}), Transpose::no, Tensor::zeros({2, 3}), Transpose::no,
                         DType::f32),
                  Error);
}

}  // namespace siam
