// Matrix products and convolutions of the CUDA libraries against the reference, and the policy that
// chooses the convolutions' algorithms.

#include "tensor/conv.h"

#include <array>

#include "tensor/matmul.h"
#include "tests/tensor/cuda_compare.h"

namespace siam {

TEST_CASE("matrix products in all orders, into the type and into f32") {
  for (const DType type : kStorageTypes) {
    Random random(13, Purpose::test, static_cast<uint32_t>(type));
    for (const auto& [m, n, k] :
         {std::array{5, 7, 3}, std::array{64, 128, 256}, std::array{33, 24, 72}})
      for (const Transpose ta : {Transpose::no, Transpose::yes})
        for (const Transpose tb : {Transpose::no, Transpose::yes})
          for (const DType out : {type, DType::f32}) {
            CAPTURE(fmt::format("m {} n {} k {} ta {} tb {}", m, n, k, ta == Transpose::yes,
                                tb == Transpose::yes));
            const Shape a = ta == Transpose::yes ? Shape{k, m} : Shape{m, k};
            const Shape b = tb == Transpose::yes ? Shape{n, k} : Shape{k, n};
            compare("matmul", {normals(a, type, random), normals(b, type, random)},
                    tolerance_of(out),
                    [&](const Tensors& t) { return Tensors{matmul(t[0], ta, t[1], tb, out)}; });
          }
  }
}

TEST_CASE("convolutions, three directions") {
  struct Case {
    Shape x, w;
    ConvGeometry geometry;
  };
  const std::vector<Case> cases = {
      {{2, 9, 7, 3}, {16, 3, 3, 3}, {1, 1}},   // an image's three channels
      {{2, 17, 17, 3}, {8, 7, 7, 3}, {2, 3}},  // ResNet's stem
      {{3, 8, 8, 32}, {32, 3, 3, 32}, {1, 1}},
      {{2, 9, 9, 16}, {24, 3, 3, 16}, {2, 1}},  // stride on an odd extent
      {{2, 8, 8, 16}, {32, 1, 1, 16}, {2, 0}},  // a shortcut
      {{4, 6, 6, 64}, {16, 1, 1, 64}, {1, 0}},
      {{1, 5, 5, 5}, {7, 3, 3, 5}, {1, 1}},  // channels that divide nothing
  };
  for (const DType type : kStorageTypes) {
    Random random(17, Purpose::test, static_cast<uint32_t>(type));
    for (const auto& [x_shape, w_shape, g] : cases) {
      const Tensor x = normals(x_shape, type, random), w = normals(w_shape, type, random);
      const Tensor dy = normals(conv2d_shape(x_shape, w_shape, g), type, random);
      // The weights' gradient is written in the type of x before it becomes f32.
      compare("conv2d", {x, w, dy}, tolerance_of(type),
              [&, x_shape = x_shape, w_shape = w_shape, g = g](const Tensors& t) {
                return Tensors{conv2d(t[0], t[1], g), conv2d_backward_data(t[2], t[1], x_shape, g),
                               conv2d_backward_weight(t[2], t[0], w_shape, g)};
              });
    }
  }
}

}  // namespace siam
