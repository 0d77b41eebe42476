// Convolutions and matrix products: rounding, choice of implementation, refused shapes. That their
// indices are right is shown on integers in exact_test.cc.

#include "tensor/conv.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tensor/cpu/onednn.h"
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

TEST_CASE("no layer of the networks falls to a reference implementation") {
  struct Layer {
    Shape x, w;
    ConvGeometry g;
  };
  const std::vector<Layer> layers = {
      {{2, 32, 32, 3}, {64, 3, 3, 3}, {1, 1}},      {{2, 224, 224, 3}, {64, 7, 7, 3}, {2, 3}},
      {{2, 32, 32, 64}, {64, 3, 3, 64}, {1, 1}},    {{2, 32, 32, 64}, {128, 3, 3, 64}, {2, 1}},
      {{2, 32, 32, 64}, {128, 1, 1, 64}, {2, 0}},   {{2, 16, 16, 128}, {128, 3, 3, 128}, {1, 1}},
      {{2, 4, 4, 512}, {512, 3, 3, 512}, {1, 1}},   {{2, 56, 56, 64}, {256, 1, 1, 64}, {1, 0}},
      {{2, 56, 56, 256}, {512, 1, 1, 256}, {2, 0}}, {{2, 56, 56, 128}, {128, 3, 3, 128}, {2, 1}},
      {{2, 7, 7, 2048}, {512, 1, 1, 2048}, {1, 0}}, {{2, 14, 14, 256}, {1024, 1, 1, 256}, {1, 0}}};
  for (const DType type : {DType::f32, DType::bf16}) {
    if (type == DType::bf16 && !cpu::bf16_supported()) continue;
    for (const Layer& layer : layers) {
      const Tensor x = Tensor::zeros(layer.x, type), w = Tensor::zeros(layer.w, type);
      const Tensor y = conv2d(x, w, layer.g);
      conv2d_backward_data(y, w, layer.x, layer.g);
      conv2d_backward_weight(y, x, layer.w, layer.g);
    }
    const Tensor a = Tensor::zeros({64, 2048}, type), b = Tensor::zeros({512, 2048}, type);
    const Tensor c = matmul(a, Transpose::no, b, Transpose::yes, type);
    matmul(c, Transpose::no, b, Transpose::no, type);
    matmul(c, Transpose::yes, a, Transpose::no, DType::f32);
  }
  for (const std::string& name : cpu::onednn_implementations()) {
    // The random shapes of the other tests are in the list too: only the networks' layers count.
    for (const Layer& layer : layers)
      if (name.find(fmt::format("[2, {}, {}, {}, {}, ", layer.x[1], layer.x[2], layer.x[3],
                                layer.w[0])) != std::string::npos)
        CHECK_MESSAGE(name.find(": ref") == std::string::npos, name);
    if (name.starts_with("matmul") && name.find("2048") != std::string::npos)
      CHECK_MESSAGE(name.find("ref") == std::string::npos, name);
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
