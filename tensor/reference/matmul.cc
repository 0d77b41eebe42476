#include "tensor/backends.h"
#include "tensor/dispatch_types.h"

namespace siam::reference {

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  const int64_t m = c.dim(0), n = c.dim(1);
  const int64_t k = ta == Transpose::yes ? a.dim(0) : a.dim(1);
  // Element (i, j) of op(a) is at i * row + j * column.
  const int64_t a_row = ta == Transpose::yes ? 1 : k, a_column = ta == Transpose::yes ? m : 1;
  const int64_t b_row = tb == Transpose::yes ? 1 : n, b_column = tb == Transpose::yes ? k : 1;
  for_any_float(a.dtype(), [&]<class T>(T) {
    const T *left = a.data<T>(), *right = b.data<T>();
    for_any_float(c.dtype(), [&]<class Out>(Out) {
      Out* out = c.data<Out>();
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
          Acc<T> sum = 0;
          for (int64_t l = 0; l < k; ++l)
            sum += Acc<T>(left[i * a_row + l * a_column]) * Acc<T>(right[l * b_row + j * b_column]);
          out[i * n + j] = Out(static_cast<Acc<Out>>(sum));
        }
    });
  });
}

}  // namespace siam::reference
