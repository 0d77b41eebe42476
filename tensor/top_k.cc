#include "tensor/top_k.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

TopK top_k(const Tensor& x, int64_t k) {
  check(x.rank() == 2 && x.dtype() == DType::f32,
        "top_k: {} of shape {}; an f32 matrix [rows,C] is needed", x.dtype(), x.shape());
  check(1 <= k && k <= x.dim(1), "top_k: k {} of {} columns; 1 to {} is needed", k, x.dim(1),
        x.dim(1));
  const TopK best{Tensor::empty({x.dim(0), k}, DType::f32, x.device()),
                  Tensor::empty({x.dim(0), k}, DType::i32, x.device())};
  SIAM_DISPATCH(x, top_k(x, best.values, best.columns));
  return best;
}

}  // namespace siam
