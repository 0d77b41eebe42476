#pragma once
// The outermost function of every program.

#include <exception>
#include <functional>
#include <string>

namespace siam {

/// Runs `body` and gives its exit status. Every exception ends as one line on stderr, if that can
/// be written: `error: ...` with exit status 2 for usage and 1 for the rest; Interrupted without
/// `error: ` and with the status of the signal, as in a shell (Ctrl-C: 130).
int guarded(const std::function<int()>& body);

/// What an exception that is none of ours comes to, in the form of our errors.
std::string foreign_error(const std::exception& error);

}  // namespace siam
