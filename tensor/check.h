#pragma once
// Errors. Every message reads `what was seen; what is needed; what to do`, and a program's main()
// prints it as one line after `error: `.

#include <fmt/core.h>

#include <stdexcept>
#include <utility>

namespace siam {

/// Something went wrong that the user can read and act on. Programs end with status 1.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The command line was wrong. Programs end with status 2.
struct UsageError : Error {
  using Error::Error;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws Error with the formatted message unless `ok`. The message is formatted only on failure.
template <class... Args>
void check(bool ok, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) [[unlikely]]
    throw Error(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace siam
