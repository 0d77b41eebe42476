#include "simsiam/loss.h"

#include <limits>

namespace siam {

namespace {

// D(p, z) averaged over the batch.
Variable distance(Similarity similarity, const Variable& p, const Variable& z) {
  if (similarity == Similarity::cross_entropy) return mean(softmax_cross_entropy(p, softmax(z)));
  return scale(mean(cosine_similarity(p, z)), -1.0);
}

}  // namespace

std::string_view name_of(Similarity similarity) {
  return similarity == Similarity::cosine ? "cosine" : "cross-entropy";
}

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

Variable nt_xent(const Variable& z, double temperature) {
  check(z.value().rank() == 2 && z.dim(0) % 2 == 0 && z.dtype() == DType::f32,
        "nt_xent: z is {} {}; f32 [2 N,d] is needed", z.dtype(), z.shape());
  const int64_t rows = z.dim(0);
  // A view is not compared with itself: e^-inf = 0 (a finite number keeps 0 * mask a number).
  const Tensor mask = Tensor::zeros({rows, rows}), positive = Tensor::zeros({rows, rows});
  for (int64_t i = 0; i < rows; ++i) {
    mask.data<float>()[i * rows + i] = -std::numeric_limits<float>::max() / 2;
    positive.data<float>()[i * rows + (i + rows / 2) % rows] = 1;
  }
  const Device device = z.value().device();
  const Variable directions = normalize_rows(z);
  const Variable logits =
      add(scale(linear(directions, directions), 1 / temperature), Variable(mask.to(device)));
  return mean(softmax_cross_entropy(logits, Variable(positive.to(device))));
}

}  // namespace siam
