#include "tensor/pool.h"

#include "autograd/ops.h"

namespace siam {

Variable max_pool2d(const Variable& x, PoolGeometry geometry) {
  MaxPool pool = max_pool2d(x.value(), geometry);
  return record("max_pool2d", pool.y, {x},
                [taps = pool.taps, shape = x.shape(), geometry](const Tensor& dy) {
                  return std::vector{max_pool2d_backward(dy, taps, shape, geometry)};
                });
}

Variable global_avg_pool(const Variable& x) {
  return record("global_avg_pool", global_avg_pool(x.value()), {x},
                [shape = x.shape()](const Tensor& dy) {
                  return std::vector{global_avg_pool_backward(dy, shape)};
                });
}

}  // namespace siam
