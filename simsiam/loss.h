#pragma once
// The loss of the paper (eq. 1-4), and the variants that its ablations compare.

#include "autograd/ops.h"
#include "simsiam/names.h"

namespace siam {

/// D(p, z): cosine is eq. 1; cross_entropy is -softmax(z) . log softmax(p) over the channels (Sec.
/// 4.5).
enum class Similarity { cosine, cross_entropy };
template <>
inline constexpr auto kNames<Similarity> = names("cosine", "cross-entropy");

struct LossConfig {
  bool stop_gradient = true;
  Similarity similarity = Similarity::cosine;
  bool symmetric = true;  ///< false: the first view of a pair predicts the second only (Sec. 4.6)
  int pairs = 1;          ///< pairs of views per image and step
};

/// L = D(p1, stopgrad(z2)) / 2 + D(p2, stopgrad(z1)) / 2, averaged over the pairs of views; without
/// symmetry D(p1, stopgrad(z2)). A scalar, in [-1, 1] with the cosine. p and z are [2 pairs N,d],
/// as in Views (objective.h); views 2 i and 2 i + 1 are a pair.
Variable simsiam_loss(const Variable& p, const Variable& z, const LossConfig& config);

}  // namespace siam
