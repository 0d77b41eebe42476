// Convolutions and matrix products against their definition. On small integers every sum is exact
// in f32 (and every factor in bf16), so the order of summation does not matter and the difference
// to the reference must be zero.

#include "tensor/conv.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tensor/cpu/onednn.h"
#include "tensor/dispatch.h"
#include "tensor/matmul.h"
#include "tensor/philox.h"

namespace siam {

namespace {

template <class T>
Tensor integers(const Shape& shape, Random& random) {
  const Tensor tensor = Tensor::empty(shape, dtype_of<T>());
  for (T& value : tensor.span<T>()) value = T(static_cast<float>(random.below(5)) - 2.0f);
  return tensor;
}

Tensor normals(const Shape& shape, DType type, Random& random) {
  const Tensor tensor = Tensor::empty(shape, type);
  if (type == DType::f64)
    for (double& value : tensor.span<double>()) value = normal(random);
  else
    for (float& value : tensor.span<float>()) value = normal(random);
  return tensor;
}

template <class T>
int64_t differences(const Tensor& a, const Tensor& b) {
  int64_t count = 0;
  for (int64_t i = 0; i < a.numel(); ++i)
    count += !(static_cast<float>(a.data<T>()[i]) == static_cast<float>(b.data<T>()[i]));
  return count;
}

template <class T>
void check_exact(const Shape& x_shape, const Shape& w_shape, ConvGeometry g, Random& random) {
  CAPTURE(fmt::format("x {} w {} stride {} padding {} {}", x_shape, w_shape, g.stride, g.padding,
                      dtype_of<T>()));
  const Tensor x = integers<T>(x_shape, random), w = integers<T>(w_shape, random);
  const Tensor dy = integers<T>(conv2d_shape(x_shape, w_shape, g), random);
  const Tensor y = conv2d(x, w, g), dx = conv2d_backward_data(dy, w, x_shape, g);
  const Tensor dw = conv2d_backward_weight(dy, x, w_shape, g);
  const ScopedReference reference;
  CHECK(differences<T>(y, conv2d(x, w, g)) == 0);
  CHECK(differences<T>(dx, conv2d_backward_data(dy, w, x_shape, g)) == 0);
  CHECK(differences<float>(dw, conv2d_backward_weight(dy, x, w_shape, g)) == 0);
}

}  // namespace

TEST_CASE("convolutions of integers are exact for random shapes") {
  poison_empty_tensors(true);
  const cpu::ScopedConvAlgorithm direct(cpu::ConvAlgorithm::direct);
  Random random(3, Purpose::test);
  for (int i = 0; i < 300; ++i) {
    const auto extent = [&](uint32_t n) { return int64_t{1} + random.below(n); };
    const int64_t channels = random.below(3) ? extent(20) : 16 * extent(3);
    const int64_t filters = random.below(3) ? extent(20) : 16 * extent(3);
    const int64_t r = extent(4), s = extent(4);
    const ConvGeometry g{static_cast<int>(extent(3)),
                         static_cast<int>(random.below(r < s ? r : s))};
    const Shape x{extent(3), r + random.below(9), s + random.below(9), channels};
    check_exact<float>(x, {filters, r, s, channels}, g, random);
    if (cpu::bf16_supported()) check_exact<bf16>(x, {filters, r, s, channels}, g, random);
  }
  poison_empty_tensors(false);
}

TEST_CASE("products of integers are exact for all transposes") {
  poison_empty_tensors(true);
  Random random(4, Purpose::test);
  const auto run = [&]<class T>(T, DType out) {
    for (int i = 0; i < 100; ++i) {
      const int64_t m = 1 + random.below(70), n = 1 + random.below(70), k = 1 + random.below(70);
      const auto ta = Transpose(random.below(2) == 1), tb = Transpose(random.below(2) == 1);
      const Tensor a = integers<T>(ta == Transpose::yes ? Shape{k, m} : Shape{m, k}, random);
      const Tensor b = integers<T>(tb == Transpose::yes ? Shape{n, k} : Shape{k, n}, random);
      CAPTURE(fmt::format("{} {} {} transposes {} {}", m, n, k, int(ta), int(tb)));
      const Tensor c = matmul(a, ta, b, tb, out);
      const ScopedReference reference;
      const Tensor expected = matmul(a, ta, b, tb, out);
      if (out == DType::f32)
        CHECK(differences<float>(c, expected) == 0);
      else
        CHECK(differences<bf16>(c, expected) == 0);
    }
  };
  run(float{}, DType::f32);
  if (cpu::bf16_supported()) {
    run(bf16{}, DType::f32);
    run(bf16{}, DType::bf16);
  }
  poison_empty_tensors(false);
}

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
