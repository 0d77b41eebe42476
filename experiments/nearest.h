#pragma once
// The images most alike to some, by cosine of their features.

#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace siam {

struct Neighbour {
  float similarity;  ///< cosine, -1 to 1
  int64_t index;
};

/// Looks for them in rows that come block by block.
class NearestRows {
 public:
  /// For each of these rows, [queries,D], `most` are kept.
  NearestRows(const Tensor& queries, size_t most);
  /// Rows [n,D] on the same device and of the same type, and the index of each. A query is not its
  /// own neighbour: the row whose index is `own[query]` is passed over; -1: there is none.
  void add(const Tensor& rows, std::span<const int64_t> indices, std::span<const int64_t> own);
  /// Per query, the most alike first; of equals the earlier.
  const std::vector<std::vector<Neighbour>>& found() const { return found_; }

 private:
  Tensor queries_;
  size_t most_;
  std::vector<std::vector<Neighbour>> found_;
};

}  // namespace siam
