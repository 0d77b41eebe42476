#pragma once
// The outermost function of every program.

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include "tensor/communicator.h"

namespace siam {

/// Runs `body` and returns its exit status. Every exception ends as one line on stderr, if that can
/// be written: `error: ...` with exit status 2 for usage and 1 for the rest; Interrupted without
/// `error: ` and with the status of the signal, as in a shell (Ctrl-C: 130).
int guarded(const std::function<int()>& body);

/// The same for a program that may be started as several processes (tensor/communicator.h), of
/// which only rank 0 has a standard output. A failure on one rank is reported by that rank alone,
/// with its number, and ends all. Interrupted ends this process only: all must have agreed on it.
int guarded_on_ranks(const std::function<int(const Communicator&)>& body);

/// UsageError if this program, named for the message, was started as several processes.
void need_one_process(std::string_view program);

/// The message of an exception that is not ours, in the form of our errors.
std::string foreign_error(const std::exception& error);

}  // namespace siam
