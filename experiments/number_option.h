#pragma once
// Options with numbers: always decimal (CLI11 by itself reads 010 as 8 and 0x10 as 16, and shows a
// number beyond 64 bits as a different one).

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <limits>

namespace siam {

/// Adds an option with a value of type T. A text that is not entirely a number, is NaN, or is out
/// of the range of T or of `least` to `most`, is refused, quoted as typed.
template <class T>
CLI::Option* add_number(CLI::App& app, const std::string& name, T& value,
                        const std::string& description, T least = std::numeric_limits<T>::lowest(),
                        T most = std::numeric_limits<T>::max()) {
  const auto decimal = [least, most](std::string& text) -> std::string {
    const char* end = text.data() + text.size();
    T number{};
    const auto [rest, problem] = std::from_chars(text.data(), end, number);
    if (rest != end || problem == std::errc::invalid_argument ||
        std::isnan(static_cast<double>(number)))
      return fmt::format("'{}' is not a {}", text,
                         std::is_integral_v<T> ? "whole number" : "number");
    if (problem == std::errc::result_out_of_range)
      return fmt::format("{} is beyond what fits", text);
    if (number < least || number > most)
      return fmt::format("{} is not from {} to {}", text, least, most);
    text = fmt::format("{}", number);
    return {};
  };
  return app.add_option(name, value, description)->transform(CLI::Validator(decimal, ""));
}

}  // namespace siam
