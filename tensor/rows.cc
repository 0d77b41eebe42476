#include "tensor/rows.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"
#include "tensor/dispatch_types.h"

namespace siam {

namespace {

void check_matrix(const char* op, const Tensor& x) {
  check(x.rank() == 2 && x.dim(1) > 0, "{}: shape {}; a matrix [rows,C] is needed", op, x.shape());
}

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  check_matrix(op, a);
  check_like(op, a, {&b});
}

void check_row_gradient(const char* op, const Tensor& dy, const Tensor& x) {
  check(dy.shape() == Shape{x.dim(0)} && dy.dtype() == accumulate_type(x.dtype()),
        "{}: dy {} {} for {} rows; {} [{}] is needed", op, dy.dtype(), dy.shape(), x.dim(0),
        accumulate_type(x.dtype()), x.dim(0));
}

Tensor per_row(const Tensor& x) {
  return Tensor::empty({x.dim(0)}, accumulate_type(x.dtype()), x.device());
}

}  // namespace

Tensor cosine_similarity(const Tensor& p, const Tensor& z) {
  check_pair("cosine_similarity", p, z);
  Tensor y = per_row(p);
  SIAM_DISPATCH(p, cosine_similarity(p, z, y));
  return y;
}

Tensor cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z) {
  check_pair("cosine_similarity_backward", p, z);
  check_row_gradient("cosine_similarity_backward", dy, p);
  Tensor dp = p.empty_like();
  SIAM_DISPATCH(p, cosine_similarity_backward(dy, p, z, dp));
  return dp;
}

Tensor softmax(const Tensor& x) {
  check_matrix("softmax", x);
  Tensor y = x.empty_like();
  SIAM_DISPATCH(x, softmax(x, y));
  return y;
}

Tensor softmax_backward(const Tensor& dy, const Tensor& y) {
  check_pair("softmax_backward", dy, y);
  Tensor dx = y.empty_like();
  SIAM_DISPATCH(y, softmax_backward(dy, y, dx));
  return dx;
}

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& target) {
  check_pair("softmax_cross_entropy", logits, target);
  Tensor y = per_row(logits);
  SIAM_DISPATCH(logits, softmax_cross_entropy(logits, target, y));
  return y;
}

Tensor softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits,
                                      const Tensor& target) {
  check_pair("softmax_cross_entropy_backward", logits, target);
  check_row_gradient("softmax_cross_entropy_backward", dy, logits);
  Tensor dlogits = logits.empty_like();
  SIAM_DISPATCH(logits, softmax_cross_entropy_backward(dy, logits, target, dlogits));
  return dlogits;
}

Tensor one_hot(const Tensor& labels, int64_t classes, DType type, Device device) {
  check(labels.rank() == 1 && labels.device() == Device::cpu,
        "one_hot: labels {} on {}; a vector on the CPU is needed", labels.shape(), labels.device());
  Tensor rows = Tensor::zeros({labels.dim(0), classes}, type);
  for_any_float(type, [&]<class T>(T) {
    for (int64_t i = 0; i < labels.dim(0); ++i) {
      const int32_t label = labels.data<int32_t>()[i];
      check(0 <= label && label < classes, "one_hot: label {} in row {}; 0 to {} is needed", label,
            i, classes - 1);
      rows.data<T>()[i * classes + label] = T(1.0f);
    }
  });
  return rows.to(device);
}

Tensor normalize_rows(const Tensor& x) {
  check_matrix("normalize_rows", x);
  Tensor y = x.empty_like();
  SIAM_DISPATCH(x, normalize_rows(x, y));
  return y;
}

Tensor normalize_rows_backward(const Tensor& dy, const Tensor& x) {
  check_pair("normalize_rows_backward", dy, x);
  Tensor dx = x.empty_like();
  SIAM_DISPATCH(x, normalize_rows_backward(dy, x, dx));
  return dx;
}

}  // namespace siam
