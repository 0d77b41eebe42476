// Ops on independent rows: the plain loops, with some of the rows for each thread.

#include <algorithm>

#include "tensor/backends.h"
#include "tensor/parallel.h"

namespace siam::cpu {

namespace {

// op for ranges of the rows of all tensors: matrices and vectors with an element per row.
template <class... Tensors>
void by_rows(void (*op)(const Tensors&...), const Tensors&... tensors) {
  constexpr int64_t kElements = 4096;  // of a matrix in a range, at least
  const int64_t rows = std::max({tensors.dim(0)...}), elements = std::max({tensors.numel()...});
  parallel_for(rows, std::max<int64_t>(1, kElements * rows / std::max<int64_t>(1, elements)),
               [&](int64_t begin, int64_t end) { op(tensors.rows(begin, end)...); });
}

}  // namespace

void cosine_similarity(const Tensor& p, const Tensor& z, const Tensor& y) {
  by_rows(reference::cosine_similarity, p, z, y);
}

void cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z,
                                const Tensor& dp) {
  by_rows(reference::cosine_similarity_backward, dy, p, z, dp);
}

void softmax(const Tensor& x, const Tensor& y) { by_rows(reference::softmax, x, y); }

void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  by_rows(reference::softmax_backward, dy, y, dx);
}

void softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& y) {
  by_rows(reference::softmax_cross_entropy, logits, target, y);
}

void softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                                    const Tensor& dlogits) {
  by_rows(reference::softmax_cross_entropy_backward, dy, logits, target, dlogits);
}

void normalize_rows(const Tensor& x, const Tensor& y) { by_rows(reference::normalize_rows, x, y); }

void normalize_rows_backward(const Tensor& dy, const Tensor& x, const Tensor& dx) {
  by_rows(reference::normalize_rows_backward, dy, x, dx);
}

}  // namespace siam::cpu
