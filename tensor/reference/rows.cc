#include "tensor/backends.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"

namespace siam::reference {

namespace {

// Calls row(T{}, r, columns) for each row of a matrix of storage type T.
template <class Row>
void for_rows(const Tensor& x, const Row& row) {
  for_any_float(x.dtype(), [&]<class T>(T zero) {
    for (int64_t r = 0; r < x.dim(0); ++r) row(zero, r, x.dim(1));
  });
}

template <class T>
math::CosineDots<double> dots(const T* p, const T* z, int64_t n) {
  math::CosineDots<double> sums;
  for (int64_t i = 0; i < n; ++i) sums.add(Acc<T>(p[i]), Acc<T>(z[i]));
  return sums;
}

template <class T>
math::LogSumExp<double> log_sum_exp(const T* x, int64_t n) {
  math::LogSumExp<double> state;
  for (int64_t i = 0; i < n; ++i) state.add(Acc<T>(x[i]));
  return state;
}

}  // namespace

void cosine_similarity(const Tensor& p, const Tensor& z, const Tensor& y) {
  for_rows(p, [&]<class T>(T, int64_t r, int64_t n) {
    const auto d = dots(p.data<T>() + r * n, z.data<T>() + r * n, n);
    y.data<Acc<T>>()[r] = static_cast<Acc<T>>(d.cosine());
  });
}

void cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z,
                                const Tensor& dp) {
  for_rows(p, [&]<class T>(T, int64_t r, int64_t n) {
    const T *p_row = p.data<T>() + r * n, *z_row = z.data<T>() + r * n;
    const math::CosineGrad<double> grad = dots(p_row, z_row, n).grad(dy.data<Acc<T>>()[r]);
    for (int64_t i = 0; i < n; ++i)
      dp.data<T>()[r * n + i] = T(Acc<T>(grad(Acc<T>(p_row[i]), Acc<T>(z_row[i]))));
  });
}

void softmax(const Tensor& x, const Tensor& y) {
  for_rows(x, [&]<class T>(T, int64_t r, int64_t n) {
    const T* row = x.data<T>() + r * n;
    const auto state = log_sum_exp(row, n);
    for (int64_t i = 0; i < n; ++i)
      y.data<T>()[r * n + i] = T(Acc<T>(state.softmax(Acc<T>(row[i]))));
  });
}

void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  for_rows(y, [&]<class T>(T, int64_t r, int64_t n) {
    const T *g = dy.data<T>() + r * n, *v = y.data<T>() + r * n;
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += Acc<T>(g[i]) * Acc<T>(v[i]);
    for (int64_t i = 0; i < n; ++i)
      dx.data<T>()[r * n + i] = T(math::SoftmaxGrad()(Acc<T>(g[i]), Acc<T>(v[i]), Acc<T>(sum)));
  });
}

void softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& y) {
  for_rows(logits, [&]<class T>(T, int64_t r, int64_t n) {
    const T *row = logits.data<T>() + r * n, *t = target.data<T>() + r * n;
    const auto state = log_sum_exp(row, n);
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
      sum += math::CrossEntropy()(double(Acc<T>(t[i])), state.log_softmax(Acc<T>(row[i])));
    y.data<Acc<T>>()[r] = static_cast<Acc<T>>(sum);
  });
}

void softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                                    const Tensor& dlogits) {
  for_rows(logits, [&]<class T>(T, int64_t r, int64_t n) {
    const T *row = logits.data<T>() + r * n, *t = target.data<T>() + r * n;
    const auto state = log_sum_exp(row, n);
    const double g = dy.data<Acc<T>>()[r];
    double total = 0;
    for (int64_t i = 0; i < n; ++i) total += Acc<T>(t[i]);
    for (int64_t i = 0; i < n; ++i)
      dlogits.data<T>()[r * n + i] = T(Acc<T>(
          math::CrossEntropyGrad()(g, state.softmax(Acc<T>(row[i])), double(Acc<T>(t[i])), total)));
  });
}

void normalize_rows(const Tensor& x, const Tensor& y) {
  for_rows(x, [&]<class T>(T, int64_t r, int64_t n) {
    const T* row = x.data<T>() + r * n;
    const auto d = dots(row, row, n);
    const double length = math::clamped_length(d.pp, d.kNormalizeEps);
    for (int64_t i = 0; i < n; ++i) y.data<T>()[r * n + i] = T(Acc<T>(Acc<T>(row[i]) / length));
  });
}

void normalize_rows_backward(const Tensor& dy, const Tensor& x, const Tensor& dx) {
  for_rows(x, [&]<class T>(T, int64_t r, int64_t n) {
    const T *g = dy.data<T>() + r * n, *row = x.data<T>() + r * n;
    const math::CosineGrad<double> grad = dots(row, g, n).normalize_grad();
    for (int64_t i = 0; i < n; ++i)
      dx.data<T>()[r * n + i] = T(Acc<T>(grad(double(Acc<T>(row[i])), double(Acc<T>(g[i])))));
  });
}

}  // namespace siam::reference
