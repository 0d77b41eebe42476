#pragma once
// The images most similar to some queries, by cosine of their features.

#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace siam {

struct Neighbour {
  float similarity;  ///< cosine, -1 to 1
  int64_t index;
};

/// Searches for them in rows that arrive block by block.
class NearestRows {
 public:
  /// Keeps the `most` nearest for each of these rows, [queries,D].
  NearestRows(const Tensor& queries, size_t most);
  /// Rows [n,D] on the same device and of the same type, and the index of each. A query is not its
  /// own neighbour: the row whose index is `own[query]` is skipped; -1: there is none.
  void add(const Tensor& rows, std::span<const int64_t> indices, std::span<const int64_t> own);
  /// Per query, the most similar first; among equals, the earlier one.
  const std::vector<std::vector<Neighbour>>& found() const { return found_; }

 private:
  Tensor queries_;
  size_t most_;
  std::vector<std::vector<Neighbour>> found_;
};

}  // namespace siam
