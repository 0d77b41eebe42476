#include "autograd/norm_over_parts.h"

#include <utility>

#include "tensor/map.h"
#include "tensor/reduce.h"

namespace siam {

namespace {

// Parts are merged in double, in host memory: a few thousand numbers each.
Tensor on_host(const Tensor& t) { return cast(t.to(Device::cpu), DType::f64); }
Tensor like(const Tensor& model, const Tensor& host) {
  return cast(host, model.dtype()).to(model.device());
}

}  // namespace

BatchStatistics over_ranks(const Communicator& ranks, const BatchStatistics& part, int64_t rows) {
  const int64_t n = part.mean.numel();
  const Tensor here = Tensor::empty({1, 2, n}, part.mean.dtype(), part.mean.device());
  const Tensor lines = here.reshape({2, n});
  lines.rows(0, 1).copy_from(part.mean.reshape({1, n}));
  lines.rows(1, 2).copy_from(part.variance.reshape({1, n}));
  const BatchStatistics whole = merge_statistics(ranks.all_gather(here), rows);
  return {whole.mean.reshape(part.mean.shape()), whole.variance.reshape(part.mean.shape())};
}

// One message instead of the two that a sum over the ranks takes; little is sent.
Tensor NormOverRanks::sums(const Tensor& part) {
  const int64_t n = part.numel();
  return sum_parts(ranks_.all_gather(part.reshape({1, n})), ranks_.size()).reshape(part.shape());
}

BatchStatistics NormInTurn::statistics(const BatchStatistics& part, int64_t rows) {
  like_ = part.mean;
  const Tensor mean = on_host(part.mean), variance = on_host(part.variance);
  const double count = static_cast<double>(rows);
  gathered_.resize(static_cast<size_t>(mean.numel()));
  for (size_t i = 0; i < gathered_.size(); ++i)
    gathered_[i].merge({count, mean.data<double>()[i], variance.data<double>()[i] * count});
  gathered_rows_ += rows;
  return known_.mean.defined() ? known_ : part;
}

Tensor NormInTurn::sums(const Tensor& part) {
  const Tensor sums = on_host(part);
  gathered_sums_ = gathered_sums_.defined() ? add(gathered_sums_, sums) : sums;
  return known_sums_.defined() ? known_sums_ : part;
}

void NormInTurn::end_pass(const Communicator* ranks) {
  const Tensor mean = Tensor::empty(like_.shape(), DType::f64), variance = mean.empty_like();
  for (size_t i = 0; i < gathered_.size(); ++i) {
    mean.data<double>()[i] = gathered_[i].mean;
    variance.data<double>()[i] = gathered_[i].m2 / gathered_[i].count;
  }
  BatchStatistics whole{mean, variance};
  rows_ = std::exchange(gathered_rows_, 0);
  if (ranks != nullptr) {
    whole = over_ranks(*ranks, whole, rows_);
    rows_ *= ranks->size();
    if (gathered_sums_.defined()) ranks->all_reduce(gathered_sums_);
  }
  known_ = {like(like_, whole.mean), like(like_, whole.variance)};
  gathered_.clear();
  if (gathered_sums_.defined()) known_sums_ = like(like_, std::exchange(gathered_sums_, {}));
}

}  // namespace siam
