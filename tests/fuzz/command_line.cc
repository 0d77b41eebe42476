// The command line that all programs share, one argument per line.

#include "experiments/options.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace siam;
  std::vector<std::string> arguments = split({reinterpret_cast<const char*>(data), size}, '\n');
  std::vector<char*> argv = {const_cast<char*>("program")};
  for (std::string& argument : arguments)
    argv.push_back(argument.data());  // up to a 0 byte, as the system passes it
  answer_or_error([&] {
    const auto options =
        parse_options(static_cast<int>(argv.size()), argv.data(), "A fuzzed program.");
    if (!options) return;  // --help
    check_config(options->config);
    must(options->threads >= 0 && options->seeds >= 1);
    describe(options->config);
  });
  return 0;
}
