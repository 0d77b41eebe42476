#include "tensor/cuda/conv_plan.h"

#include <algorithm>

namespace siam::cuda {

ConvKey ConvKey::of(ConvDirection direction, const Tensor& x, const Shape& filter,
                    ConvGeometry geometry, bool tf32) {
  const auto extent = [](int64_t n) { return static_cast<int>(n); };
  return {.direction = direction,
          .type = x.dtype(),
          .n = extent(x.dim(0)),
          .h = extent(x.dim(1)),
          .w = extent(x.dim(2)),
          .c = extent(x.dim(3)),
          .k = extent(filter[0]),
          .r = extent(filter[1]),
          .s = extent(filter[2]),
          .stride = geometry.stride,
          .padding = geometry.padding,
          .tf32 = x.dtype() == DType::f32 && tf32};
}

const ConvCandidate* choose(std::span<const ConvCandidate> candidates, size_t workspace_cap) {
  const auto found = std::ranges::find_if(candidates, [&](const ConvCandidate& candidate) {
    return candidate.works && candidate.deterministic && candidate.workspace <= workspace_cap;
  });
  return found == candidates.end() ? nullptr : &*found;
}

}  // namespace siam::cuda
