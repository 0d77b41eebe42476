// Parts of a batch.

#include "autograd/ops.h"

namespace siam {

Variable slice(const Variable& x, int64_t begin, int64_t end) {
  return record("slice", x.value().rows(begin, end), {x},
                [shape = x.shape(), begin, end](const Tensor& dy) {
                  Tensor dx = Tensor::zeros(shape, dy.dtype(), dy.device());
                  dx.rows(begin, end).copy_from(dy);
                  return std::vector{dx};
                });
}

Variable concat(const std::vector<Variable>& parts) {
  check(!parts.empty(), "concat: no parts; one or more are needed");
  Shape shape = parts[0].shape();
  shape[0] = 0;
  std::vector<int64_t> begins;
  for (const Variable& part : parts) {
    Shape expected = shape;
    begins.push_back(shape[0]);
    expected[0] = part.dim(0);
    check(part.shape() == expected && part.dtype() == parts[0].dtype(),
          "concat: {} {} beside {} {}; all but the leading dimension must agree", part.dtype(),
          part.shape(), parts[0].dtype(), parts[0].shape());
    shape[0] += part.dim(0);
  }
  begins.push_back(shape[0]);
  Tensor y = Tensor::empty(shape, parts[0].dtype(), parts[0].value().device());
  for (size_t i = 0; i < parts.size(); ++i)
    y.rows(begins[i], begins[i + 1]).copy_from(parts[i].value());
  return record("concat", y, parts, [begins](const Tensor& dy) {
    std::vector<Tensor> dx;
    for (size_t i = 0; i + 1 < begins.size(); ++i) dx.push_back(dy.rows(begins[i], begins[i + 1]));
    return dx;
  });
}

}  // namespace siam
