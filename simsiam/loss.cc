#include "simsiam/loss.h"

namespace siam {

namespace {

// D(p, z) averaged over the batch.
Variable distance(Similarity similarity, const Variable& p, const Variable& z) {
  if (similarity == Similarity::cross_entropy) return mean(softmax_cross_entropy(p, softmax(z)));
  return scale(mean(cosine_similarity(p, z)), -1.0);
}

}  // namespace

Variable simsiam_loss(const Variable& p, const Variable& z, const LossConfig& config) {
  const int views = 2 * config.pairs;
  check(p.shape() == z.shape() && p.dim(0) % views == 0,
        "simsiam_loss: p {} and z {}; equal shapes with {} views of each sample are needed",
        p.shape(), z.shape(), views);
  const int64_t n = p.dim(0) / views;

  // z of the other view is a constant here: this is the paper's stop-gradient. ablate_stopgrad
  // removes it.
  auto target = [&](const Variable& z) { return config.stop_gradient ? detach(z) : z; };

  Variable sum;
  int terms = 0;
  auto add_term = [&](int from, int to) {
    const Variable term = distance(config.similarity, slice(p, from * n, (from + 1) * n),
                                   target(slice(z, to * n, (to + 1) * n)));
    sum = terms++ == 0 ? term : add(sum, term);
  };
  for (int view = 0; view < views; view += 2) {
    add_term(view, view + 1);
    if (config.symmetric) add_term(view + 1, view);
  }
  return scale(sum, 1.0 / terms);
}

}  // namespace siam
