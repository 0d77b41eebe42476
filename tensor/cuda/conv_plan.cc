#include "tensor/cuda/conv_plan.h"

#include <algorithm>
#include <iterator>

namespace siam::cuda {

ConvKey ConvKey::of(ConvDirection direction, const Tensor& x, const Shape& filter,
                    ConvGeometry geometry, LibraryPolicy policy) {
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
          .policy = policy.for_type(x.dtype())};
}

std::string ConvKey::name() const {
  constexpr const char* kNames[] = {"forward", "backward_data", "backward_weight"};
  return fmt::format("conv_{}_{}{}_{}x{}x{}x{}_{}x{}x{}_s{}p{}",
                     kNames[static_cast<int>(direction)], type, policy.suffix(), n, h, w, c, k,
                     r, s, stride, padding);
}

std::string ConvCandidate::name() const {
  return fmt::format("{}.{}", algorithm, static_cast<int>(math));
}

std::vector<ConvCandidate> usable(std::span<const ConvCandidate> candidates, size_t workspace_cap,
                                  bool deterministic) {
  std::vector<ConvCandidate> list;
  std::ranges::copy_if(candidates, std::back_inserter(list), [&](const ConvCandidate& candidate) {
    return candidate.works && (candidate.deterministic || !deterministic) &&
           candidate.workspace <= workspace_cap;
  });
  return list;
}

}  // namespace siam::cuda
