#pragma once
// Between a program and the terminal or shell that it was started from.

#include <span>
#include <string>
#include <string_view>

namespace siam {

/// To be called first. Closed standard streams are opened to /dev/null, lest a file opened later
/// get their descriptor and receive the messages. A reader that is gone (SIGPIPE) and the limit on
/// file sizes (SIGXFSZ) become errors of the write that meets them.
void prepare_process();

/// The text on one line, whatever names it contains: control characters become \n, \t, \x1b.
std::string one_line(std::string_view text);

/// The words as a shell reads them back, on one line, quoted where necessary.
std::string shell_quoted(std::span<const std::string> words);

}  // namespace siam
