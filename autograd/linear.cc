#include "autograd/ops.h"
#include "tensor/map.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"

namespace siam {

Variable linear(const Variable& x, const Variable& w, const Variable& bias) {
  check(x.value().rank() == 2 && w.value().rank() == 2 && x.dim(1) == w.dim(1),
        "linear: x {} and w {}; x [rows,K] and w [N,K] are needed", x.shape(), w.shape());
  const DType type = x.dtype();
  Tensor y = matmul(x.value(), Transpose::no, w.value(), Transpose::yes, type);
  if (bias.defined()) y = add_bias(y, bias.value());
  return record(
      "linear", y, {x, w, bias},
      [x = x.value(), w = w.value(), need_dx = x.requires_grad(), need_dw = w.requires_grad(),
       need_db = bias.requires_grad()](const Tensor& dy) {
        return std::vector{
            need_dx ? matmul(dy, Transpose::no, w, Transpose::no, dy.dtype()) : Tensor(),
            need_dw ? matmul(dy, Transpose::yes, x, Transpose::no, accumulate_type(dy.dtype()))
                    : Tensor(),
            need_db ? sum_rows(dy) : Tensor()};
      });
}

}  // namespace siam
