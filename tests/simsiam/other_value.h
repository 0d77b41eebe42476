#pragma once
// For tests that change settings one at a time.

#include <array>

#include "nn/resnet.h"
#include "simsiam/setting_text.h"
#include "simsiam/weights_hash.h"

namespace siam {

inline bool other_value(bool value) { return !value; }
template <class Number>
requires std::is_arithmetic_v<Number> Number other_value(Number value) {
  return static_cast<Number>(std::is_integral_v<Number> ? value + 1
                             : value == 0               ? 0.25
                                                        : value / 2);
}
inline ResNetArch other_value(ResNetArch arch) {
  arch.bottleneck = !arch.bottleneck;
  return arch;
}
inline WeightsHash other_value(WeightsHash hash) { return {hash.value + 1}; }
template <Enumeration E>
E other_value(E value) {
  const auto all = members_of<E>();
  return value == all[0] ? all[1] : all[0];
}

/// Changes a setting.
void set_other(auto& member) {
  if constexpr (NumberList<decltype(member)>)
    member[1] = other_value(member[1]);
  else
    member = other_value(member);
}

}  // namespace siam
