#pragma once
// Cases for a step that must give the same result when computed in another way: in parts, or by
// several ranks.

#include <utility>
#include <vector>

#include "nn/module.h"
#include "simsiam/config.h"
#include "tensor/map.h"

namespace siam {

/// Parameters and running statistics in another type.
inline void cast_network(const Registry& registry, DType type) {
  for (const auto& [name, parameter] : registry.parameters)
    *parameter = Parameter(cast(parameter->value.value(), type));
  for (const auto& [name, buffer] : registry.buffers) *buffer = cast(*buffer, type);
}

/// `count` named configurations: `base`, both kinds of blocks and stems, the loss without its
/// stop-gradient, and then `base` again, to be changed.
inline std::vector<std::pair<const char*, Config>> step_cases(const Config& base, size_t count) {
  std::vector<std::pair<const char*, Config>> cases(count, {"basic blocks", base});
  cases[1].first = "bottlenecks, ImageNet stem";
  cases[1].second.model.backbone.arch.bottleneck = true;
  cases[1].second.model.backbone.stem = Stem::imagenet;
  cases[1].second.augment.size = 32;
  cases[2].first = "no stop-gradient";
  cases[2].second.loss.stop_gradient = false;
  return cases;
}

}  // namespace siam
