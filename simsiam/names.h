#pragma once
// Enumerations by name. The table of an enumeration's names is beside it, and nowhere else:
//
//   enum class Predictor { learned, fixed, none };
//   template <>
//   inline constexpr auto kNames<Predictor> = names("learned", "fixed", "none");

#include <array>
#include <string_view>

namespace siam {

/// Specialised for each enumeration: the names of its members in their order.
template <class E>
inline constexpr auto kNames = nullptr;

constexpr auto names(auto... each) { return std::array{std::string_view(each)...}; }

template <class E>
requires requires { kNames<E>.size(); }
constexpr std::string_view name_of(E value) { return kNames<E>[static_cast<size_t>(value)]; }

/// All members.
template <class E>
constexpr auto members_of() {
  std::array<E, kNames<E>.size()> members{};
  for (size_t i = 0; i < members.size(); ++i) members[i] = static_cast<E>(i);
  return members;
}

}  // namespace siam
