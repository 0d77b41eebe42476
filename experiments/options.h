#pragma once
// The command line that all programs share.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "simsiam/config.h"

namespace CLI {
class App;
}

namespace siam {

struct Options {
  std::string preset;  ///< quick, small, cifar10, imagenet
  Config config;       ///< the preset's, changed by the flags
  std::optional<std::filesystem::path> data;
  std::filesystem::path out = "results";
  bool resume = true;               ///< false, --fresh: train again what is there
  int seeds = 1;                    ///< of every run: seed, seed + 1, ...
  int threads = 0;                  ///< of the CPU kernels; 0: all cores
  std::string command_line;         ///< as typed, quoted for a shell
  std::string command_to_continue;  ///< the same without --fresh
};

/// Reads the command line, and prints --help and --version. Returns nothing if the program is to
/// end at once, its exit status then is 0. UsageError if an option is unknown or a value is not
/// possible.
std::optional<Options> parse_options(int argc, char** argv, const std::string& description);

/// Parses the command line. False after --help or --version was printed; UsageError, saying that
/// `needed` is needed, if it does not fit.
bool parse_or_help(CLI::App& app, int argc, char** argv, std::string_view needed);

/// "cpu", "cuda", or "auto": a GPU if there is one. UsageError for another name, Error if it cannot
/// be had.
Device device_named(const std::string& name);

/// Parses the command line and runs a program's body, guarded (guarded.h).
int run_program(int argc, char** argv, const std::string& description,
                const std::function<int(const Options&)>& body);

}  // namespace siam
