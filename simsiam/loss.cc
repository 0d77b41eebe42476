#include "simsiam/loss.h"

namespace siam {

namespace {

// D(p, z) of eq. 1, averaged over the batch.
Variable negative_cosine(const Variable& p, const Variable& z) {
  return scale(mean(cosine_similarity(p, z)), -1.0);
}

}  // namespace

Variable simsiam_loss(const Variable& p, const Variable& z, const LossConfig& config) {
  check(p.shape() == z.shape() && p.dim(0) % 2 == 0,
        "simsiam_loss: p {} and z {}; equal shapes with two views of each sample are needed",
        p.shape(), z.shape());
  const int64_t n = p.dim(0) / 2;
  const Variable p1 = slice(p, 0, n), p2 = slice(p, n, 2 * n);
  const Variable z1 = slice(z, 0, n), z2 = slice(z, n, 2 * n);

  // z of the other view is a constant here: this is the paper's stop-gradient. ablate_stopgrad
  // removes it.
  auto target = [&](const Variable& z) { return config.stop_gradient ? detach(z) : z; };

  return scale(add(negative_cosine(p1, target(z2)), negative_cosine(p2, target(z1))), 0.5);
}

}  // namespace siam
