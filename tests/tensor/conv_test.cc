// Convolutions and matrix products: refused shapes. That their numbers are right is shown in
// exact_test.cc and winograd_test.cc.

#include "tensor/conv.h"

#include <doctest/doctest.h>

#include "tensor/matmul.h"

namespace siam {

TEST_CASE("wrong shapes are refused with what was seen and what is needed") {
  const Tensor x = Tensor::zeros({1, 8, 8, 3}), w = Tensor::zeros({4, 3, 3, 64});
  CHECK_THROWS_AS(conv2d(x, w, {1, 1}), Error);
  CHECK_THROWS_AS(conv2d_shape({1, 2, 2, 3}, {4, 3, 3, 3}, {1, 0}), Error);
  CHECK_THROWS_AS(conv2d_shape({1, 8, 8, 3}, {4, 3, 3, 3}, {1 << 30, 0}), Error);
  CHECK_THROWS_AS(conv2d_shape({1, 8, 8, 3}, {4, 3, 3, 3}, {1, 1 << 30}), Error);
  for (const DType type : {DType::u8, DType::i32}) {
    const Tensor square = Tensor::zeros({4, 4}, type), image = square.reshape({1, 2, 2, 4});
    CHECK_THROWS_AS(matmul(square, Transpose::no, square, Transpose::no, type), Error);
    CHECK_THROWS_AS(conv2d(image, image, {}), Error);
    CHECK_THROWS_AS(conv2d_backward_data(image, image, image.shape(), {}), Error);
    CHECK_THROWS_AS(conv2d_backward_weight(image, image, image.shape(), {}), Error);
  }
  CHECK_THROWS_AS(matmul(Tensor::zeros({2, 3}), Transpose::no, Tensor::zeros({2, 3}), Transpose::no,
                         DType::f32),
                  Error);
}

}  // namespace siam
