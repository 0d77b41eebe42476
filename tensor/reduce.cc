#include "tensor/reduce.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

Tensor sum_rows(const Tensor& x) {
  check(x.rank() > 0, "sum_rows: a scalar; a matrix is needed");
  Tensor sums = Tensor::empty({x.dim(-1)}, accumulate_type(x.dtype()), x.device());
  SIAM_DISPATCH(x, sum_rows(x, sums));
  return sums;
}

Tensor sum_parts(const Tensor& x, int64_t parts) {
  check(x.dtype() == DType::f32 || x.dtype() == DType::f64,
        "sum over ranks: {}; f32 or f64 is needed", x.dtype());
  check(x.rank() >= 1 && parts >= 1 && x.dim(0) % parts == 0,
        "sum_parts: {} in {} parts; they must divide the rows", x.shape(), parts);
  const Tensor sum = x.rows(0, x.dim(0) / parts).empty_like();
  SIAM_DISPATCH(x, sum_parts(x, sum));
  return sum;
}

Tensor mean(const Tensor& x) {
  check(x.numel() > 0, "mean: shape {} has no elements; at least one is needed", x.shape());
  Tensor y = Tensor::empty({}, accumulate_type(x.dtype()), x.device());
  SIAM_DISPATCH(x, mean(x, y));
  return y;
}

Tensor all_finite_flag(const Tensor& x) {
  Tensor flag = Tensor::empty({}, DType::i32, x.device());
  SIAM_DISPATCH(x, all_finite(x, flag));
  return flag;
}

bool all_finite(const Tensor& x) { return all_finite_flag(x).item() != 0; }

}  // namespace siam
