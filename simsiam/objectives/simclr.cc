#include "simsiam/objectives/simclr.h"

#include <limits>

#include "simsiam/shared_views.h"

namespace siam {

// e^-inf = 0 (a finite number keeps 0 * self a number).
ViewPairs::ViewPairs(int64_t rows, Device device, const Communicator& ranks) {
  const int64_t columns = rows * ranks.size(), own = rows * ranks.rank();
  const Tensor alike = Tensor::zeros({rows, columns}), other = alike.clone();
  for (int64_t i = 0; i < rows; ++i) {
    alike.data<float>()[i * columns + own + i] = -std::numeric_limits<float>::max() / 2;
    other.data<float>()[i * columns + own + (i + rows / 2) % rows] = 1;
  }
  self = alike.to(device);
  positive = other.to(device);
}

Variable nt_xent(const Variable& z, double temperature, const ViewPairs& pairs,
                 const Communicator& ranks) {
  const int64_t rows = pairs.self.dim(0);
  check(z.value().rank() == 2 && z.dim(0) == rows && rows % 2 == 0 && z.dtype() == DType::f32,
        "nt_xent: z is {} {}; f32 [{},d] is needed, two views of each image", z.dtype(), z.shape(),
        rows);
  const Variable directions = normalize_rows(z);
  const Variable cosines = linear(directions, gather_rows(ranks, directions));
  const Variable logits = add(scale(cosines, 1 / temperature), Variable(pairs.self));
  return mean(softmax_cross_entropy(logits, Variable(pairs.positive)));
}

SimClrObjective::Result SimClrObjective::operator()(const Views& views) {
  const Variable z = model_(views.images, mode_).z;
  return {nt_xent(cast(z, DType::f32), temperature_, pairs_, ranks_), z.value()};
}

}  // namespace siam
