#pragma once
// Settings that are written as words: enumerations by name, lists of numbers with spaces between.
// The same text is used on the command line, in reports and in checkpoints.

#include <fmt/ranges.h>

#include <charconv>
#include <iterator>
#include <string>

#include "simsiam/names.h"
#include "tensor/device.h"
#include "tensor/dtype.h"

namespace siam {

template <>
constexpr auto members_of<DType>() {  // the types that activations may have
  return std::array{DType::f32, DType::bf16, DType::f16};
}
template <>
constexpr auto members_of<Device>() {
  return std::array{Device::cpu, Device::cuda};
}

template <class T>
concept Enumeration = std::is_enum_v<T>;
template <class T>
concept NumberList = requires(T& list) {
  std::size(list);
};

template <Enumeration E>
std::string to_text(E value) {
  return std::string(name_of(value));
}
template <NumberList List>
std::string to_text(const List& list) {
  return fmt::format("{}", fmt::join(list, " "));
}

/// False unless the text is the name of a member.
template <Enumeration E>
bool from_text(std::string_view text, E& value) {
  for (const E each : members_of<E>())
    if (text == name_of(each)) {
      value = each;
      return true;
    }
  return false;
}

/// False unless the text has exactly as many numbers as the list, separated by a space or a comma.
template <NumberList List>
bool from_text(std::string_view text, List& list) {
  const char *at = text.data(), *const end = at + text.size();
  for (auto& number : list) {
    if (&number != std::begin(list)) {
      if (at == end || (*at != ' ' && *at != ',')) return false;
      ++at;
    }
    const auto [rest, problem] = std::from_chars(at, end, number);
    if (problem != std::errc()) return false;
    at = rest;
  }
  return at == end;
}

}  // namespace siam
