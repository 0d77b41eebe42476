#include "simsiam/shared_views.h"

namespace siam {

Tensor gather_views(const Communicator& ranks, const Tensor& part, int64_t views) {
  if (ranks.size() == 1) return part;
  const Tensor by_rank = ranks.all_gather(part), whole = by_rank.empty_like();
  const int64_t n = part.dim(0) / views;
  for (int64_t rank = 0; rank < ranks.size(); ++rank)
    for (int64_t view = 0; view < views; ++view) {
      const int64_t from = (rank * views + view) * n, to = (view * ranks.size() + rank) * n;
      whole.rows(to, to + n).copy_from(by_rank.rows(from, from + n));
    }
  return whole;
}

Tensor own_views(const Communicator& ranks, const Tensor& whole, int64_t views) {
  if (ranks.size() == 1) return whole;
  const int64_t n = whole.dim(0) / views / ranks.size();
  const Tensor part = whole.rows(0, views * n).empty_like();
  for (int64_t view = 0; view < views; ++view) {
    const int64_t from = (view * ranks.size() + ranks.rank()) * n;
    part.rows(view * n, (view + 1) * n).copy_from(whole.rows(from, from + n));
  }
  return part;
}

Variable gather_rows(const Communicator& ranks, const Variable& part) {
  if (ranks.size() == 1) return part;
  return record("gather_rows", ranks.all_gather(part.value()), {part},
                [&ranks](const Tensor& dy) { return std::vector{ranks.reduce_scatter(dy)}; });
}

}  // namespace siam
