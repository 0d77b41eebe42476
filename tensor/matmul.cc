#include "tensor/matmul.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

Tensor matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, DType type) {
  check(a.rank() == 2 && b.rank() == 2, "matmul: {} and {}; two matrices are needed", a.shape(),
        b.shape());
  const int64_t m = a.dim(ta == Transpose::yes ? 1 : 0), k = a.dim(ta == Transpose::yes ? 0 : 1);
  const int64_t n = b.dim(tb == Transpose::yes ? 0 : 1);
  check(b.dim(tb == Transpose::yes ? 1 : 0) == k,
        "matmul: {}{} times {}{}; the inner extents must agree", a.shape(),
        ta == Transpose::yes ? " transposed" : "", b.shape(),
        tb == Transpose::yes ? " transposed" : "");
  check(is_float(a.dtype()), "matmul: type {}; a floating type is needed", a.dtype());
  check(a.dtype() == b.dtype() && (type == a.dtype() || type == accumulate_type(a.dtype())),
        "matmul: {} times {} to {}; one type, or the result in {}, is needed", a.dtype(), b.dtype(),
        type, accumulate_type(a.dtype()));
  check_same_device("matmul", {&a, &b});
  Tensor c = Tensor::empty({m, n}, type, a.device());
  SIAM_DISPATCH(a, matmul(a, ta, b, tb, c));
  return c;
}

}  // namespace siam
