#pragma once
// Whether convolutions are computed together with the batch norms around them (norm_conv.h).

#include <string_view>

namespace siam {

enum class Fusion {
  measured,  ///< where that is faster
  never,
  always,  ///< wherever the library can
};

constexpr std::string_view name_of(Fusion fusion) {
  return fusion == Fusion::never ? "never" : fusion == Fusion::always ? "always" : "measured";
}

}  // namespace siam
