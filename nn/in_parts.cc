#include "nn/in_parts.h"

#include <algorithm>

namespace siam {

namespace {

// Samples [begin, end) of each group: rows g N + begin ... g N + end of [groups N,...].
struct Parts {
  int groups;
  int64_t samples, per_part;

  int64_t count() const { return (samples + per_part - 1) / per_part; }
  int64_t begin(int64_t part) const { return part * per_part; }
  int64_t end(int64_t part) const { return std::min(samples, begin(part) + per_part); }

  template <class Body>
  void for_each_group(int64_t part, const Tensor& whole, const Tensor& piece,
                      const Body& body) const {
    const int64_t size = end(part) - begin(part);
    for (int64_t g = 0; g < groups; ++g)
      body(whole.rows(g * samples + begin(part), g * samples + end(part)),
           piece.rows(g * size, (g + 1) * size));
  }
  Tensor take(const Tensor& whole, int64_t part) const {
    const Tensor piece = resized(whole, groups * (end(part) - begin(part)));
    for_each_group(part, whole, piece,
                   [](const Tensor& from, const Tensor& to) { to.copy_from(from); });
    return piece;
  }
  void put(const Tensor& piece, int64_t part, const Tensor& whole) const {
    for_each_group(part, whole, piece,
                   [](const Tensor& to, const Tensor& from) { to.copy_from(from); });
  }
  /// A tensor like t with another leading dimension.
  static Tensor resized(const Tensor& t, int64_t rows) {
    Shape shape = t.shape();
    shape[0] = rows;
    return Tensor::empty(shape, t.dtype(), t.device());
  }
};

// All passes; in each, body(part, last) is called for each part.
template <class Body>
void run_passes(const Parts& parts, NormsOverParts& norms, const Communicator* ranks,
                const Body& body) {
  auto run = [&](bool last) {
    for (int64_t part = 0; part < parts.count(); ++part) body(part, last);
    norms.end_pass(ranks);
  };
  size_t pass = 0;
  do run(false);
  while (++pass < norms.size());
  run(true);
}

}  // namespace

Variable in_parts(const Segment& segment, const Variable& x, Mode mode) {
  check(mode.groups >= 1 && x.dim(0) % mode.groups == 0,
        "in_parts: x {} in {} groups; the groups must divide the leading dimension", x.shape(),
        mode.groups);
  const Parts parts{mode.groups, x.dim(0) / mode.groups, mode.micro_batch};
  if (!mode.training || mode.micro_batch == 0 || mode.micro_batch >= parts.samples)
    return segment(x, mode);

  const auto norms = std::make_shared<NormsOverParts>();
  mode.micro_batch = 0;
  mode.norms = norms.get();
  Mode untracked = mode;
  untracked.update_running = false;

  Tensor y;
  {
    NoGrad scope;
    run_passes(parts, *norms, mode.ranks, [&](int64_t part, bool last) {
      const bool track = last && part == 0;  // once, with the statistics of the whole batch
      const Tensor result =
          segment(Variable(parts.take(x.value(), part)), track ? mode : untracked).value();
      if (!last) return;
      if (part == 0) y = Parts::resized(result, x.dim(0));
      parts.put(result, part, y);
    });
  }
  // The segment's parameters need gradients even if x does not: a dummy leaf says so.
  const Variable parameters(Tensor::zeros({1}), true);
  return record("in_parts", y, {x, parameters},
                [=, x = x.value(), x_needs_grad = x.requires_grad()](const Tensor& dy) {
                  const Tensor dx = x_needs_grad ? x.empty_like() : Tensor();
                  run_passes(parts, *norms, mode.ranks, [&](int64_t part, bool last) {
                    const Variable in(parts.take(x, part), x_needs_grad);
                    backward(segment(in, untracked), parts.take(dy, part),
                             last ? Leaves::accumulate : Leaves::ignore);
                    if (last && x_needs_grad) parts.put(in.grad(), part, dx);
                  });
                  return std::vector{dx, Tensor()};
                });
}

}  // namespace siam
