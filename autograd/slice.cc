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

}  // namespace siam
