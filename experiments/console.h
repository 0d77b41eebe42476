#pragma once
// What passes between a program and the terminal or shell that it was started from.

#include <span>
#include <string>
#include <string_view>

namespace siam {

/// Called first. Standard streams that are closed lead to /dev/null, lest a file opened later take
/// their descriptor and receive the messages. A reader that has gone (SIGPIPE) and the limit on
/// file sizes (SIGXFSZ) become errors of the write that meets them.
void prepare_process();

/// The text on one line, whatever names are in it: control characters become \n, \t, \x1b.
std::string one_line(std::string_view text);

/// The words as a shell reads them back, on one line: in quotes where they need them.
std::string shell_quoted(std::span<const std::string> words);

}  // namespace siam
