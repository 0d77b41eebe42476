#include "autograd/norm_over_parts.h"

#include <utility>

#include "tensor/map.h"

namespace siam {

namespace {

// Parts are merged in double, in host memory: a few thousand numbers of each.
Tensor on_host(const Tensor& t) { return cast(t.to(Device::cpu), DType::f64); }
Tensor like(const Tensor& model, const Tensor& host) {
  return cast(host, model.dtype()).to(model.device());
}

}  // namespace

BatchStatistics NormOverParts::statistics(const BatchStatistics& part, int64_t rows) {
  like_ = part.mean;
  const Tensor mean = on_host(part.mean), variance = on_host(part.variance);
  const double count = static_cast<double>(rows);
  gathered_.resize(static_cast<size_t>(mean.numel()));
  for (size_t i = 0; i < gathered_.size(); ++i)
    gathered_[i].merge({count, mean.data<double>()[i], variance.data<double>()[i] * count});
  gathered_rows_ += rows;
  return known_.mean.defined() ? known_ : part;
}

Tensor NormOverParts::sums(const Tensor& part) {
  const Tensor sums = on_host(part);
  gathered_sums_ = gathered_sums_.defined() ? add(gathered_sums_, sums) : sums;
  return known_sums_.defined() ? known_sums_ : part;
}

void NormOverParts::end_pass() {
  const Tensor mean = Tensor::empty(like_.shape(), DType::f64), variance = mean.empty_like();
  for (size_t i = 0; i < gathered_.size(); ++i) {
    mean.data<double>()[i] = gathered_[i].mean;
    variance.data<double>()[i] = gathered_[i].m2 / gathered_[i].count;
  }
  known_ = {like(like_, mean), like(like_, variance)};
  rows_ = std::exchange(gathered_rows_, 0);
  gathered_.clear();
  if (gathered_sums_.defined()) known_sums_ = like(like_, std::exchange(gathered_sums_, {}));
}

}  // namespace siam
