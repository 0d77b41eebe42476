#include <cmath>

#include "tensor/backends.h"
#include "tensor/dispatch_types.h"

namespace siam::reference {

void sum_rows(const Tensor& x, const Tensor& sums) {
  const int64_t channels = x.dim(-1), rows = x.shape().rows();
  for_any_float(x.dtype(), [&]<class T>(T) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (int64_t r = 0; r < rows; ++r) sum += Acc<T>(x.data<T>()[r * channels + c]);
      sums.data<Acc<T>>()[c] = static_cast<Acc<T>>(sum);
    }
  });
}

void sum_parts(const Tensor& x, const Tensor& sum) {
  const int64_t n = sum.numel();
  for_any_float(x.dtype(), [&]<class T>(T) {
    for (int64_t i = 0; i < n; ++i) {
      double total = 0;
      for (int64_t j = i; j < x.numel(); j += n) total += Acc<T>(x.data<T>()[j]);
      sum.data<T>()[i] = T(static_cast<Acc<T>>(total));
    }
  });
}

void mean(const Tensor& x, const Tensor& y) {
  for_any_float(x.dtype(), [&]<class T>(T) {
    double sum = 0;
    for (T value : x.span<T>()) sum += Acc<T>(value);
    *y.data<Acc<T>>() = static_cast<Acc<T>>(sum / static_cast<double>(x.numel()));
  });
}

void all_finite(const Tensor& x, const Tensor& flag) {
  int32_t finite = 1;
  for_any_float(x.dtype(), [&]<class T>(T) {
    for (T value : x.span<T>()) finite &= std::isfinite(Acc<T>(value));
  });
  *flag.data<int32_t>() = finite;
}

}  // namespace siam::reference
