#include "tensor/rows.h"

#include "autograd/ops.h"

namespace siam {

Variable cosine_similarity(const Variable& p, const Variable& z) {
  return record("cosine_similarity", cosine_similarity(p.value(), z.value()), {p, z},
                [p = p.value(), z = z.value(), need_dp = p.requires_grad(),
                 need_dz = z.requires_grad()](const Tensor& dy) {
                  return std::vector{need_dp ? cosine_similarity_backward(dy, p, z) : Tensor(),
                                     need_dz ? cosine_similarity_backward(dy, z, p) : Tensor()};
                });
}

Variable softmax(const Variable& x) {
  Tensor y = softmax(x.value());
  return record("softmax", y, {x},
                [y](const Tensor& dy) { return std::vector{softmax_backward(dy, y)}; });
}

Variable normalize_rows(const Variable& x) {
  return record(
      "normalize_rows", normalize_rows(x.value()), {x},
      [x = x.value()](const Tensor& dy) { return std::vector{normalize_rows_backward(dy, x)}; });
}

Variable softmax_cross_entropy(const Variable& logits, const Variable& target) {
  check(!target.requires_grad(),
        "softmax_cross_entropy: the target requires a gradient; it must be a constant: detach it");
  return record("softmax_cross_entropy", softmax_cross_entropy(logits.value(), target.value()),
                {logits}, [logits = logits.value(), target = target.value()](const Tensor& dy) {
                  return std::vector{softmax_cross_entropy_backward(dy, logits, target)};
                });
}

}  // namespace siam
