#include "nn/larc.h"

#include <cmath>

#include "tensor/map.h"
#include "tensor/matmul.h"

namespace siam {

namespace {

double norm(const Tensor& x) {
  const Tensor row = x.reshape({1, x.numel()});
  return std::sqrt(matmul(row, Transpose::no, row, Transpose::yes, DType::f32).item());
}

}  // namespace

void larc_scale(const FlatParameters& parameters, const LarcOptions& options) {
  for (const auto& entry : parameters.entries()) {
    const Tensor w = parameters.view(parameters.values, entry);
    const Tensor g = parameters.view(parameters.grads, entry);
    const double w_norm = norm(w), g_norm = norm(g);
    if (w_norm == 0 || g_norm == 0) continue;
    const double a = options.trust * w_norm / (g_norm + options.weight_decay * w_norm + 1e-8);
    const Tensor scaled = scale(g, a);
    if (options.weight_decay != 0) add_into(scaled, scale(w, a * options.weight_decay));
    g.copy_from(scaled);
  }
}

}  // namespace siam
