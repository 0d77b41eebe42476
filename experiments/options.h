#pragma once
// The command line that all programs share.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simsiam/config.h"
#include "tensor/communicator.h"

namespace CLI {
class App;
}

namespace siam {

struct Options {
  std::string preset;  ///< quick, medium, photos, cifar10, imagenet
  Config config;       ///< the preset's, changed by the flags
  std::optional<std::filesystem::path> data;
  std::filesystem::path init;  ///< checkpoint that the runs start from; empty: random weights
  std::filesystem::path out = "results";
  bool resume = true;               ///< false, --fresh: retrain existing runs
  int seeds = 1;                    ///< per run: seed, seed + 1, ...
  int threads = 0;                  ///< for the CPU kernels; 0: all cores
  bool tensorboard = false;         ///< event files in <out>/tensorboard/
  std::string command_line;         ///< as typed, quoted for a shell
  std::string command_to_continue;  ///< the same without --fresh
};

/// An option that one program has in addition to the shared ones.
struct TextOption {
  std::string name, description;  ///< "--readme", and its line in --help
  std::string* value;             ///< where its text goes
};

/// For a command `simsiam NAME DIR`: the folder replaces --data, the preset is `photos` unless
/// another is given, and --tensorboard is on.
struct OwnImages {
  int64_t count = 0;   ///< images to train on, for the preset; 0: not known yet
  bool trains = true;  ///< false: there are no options for results or for several seeds
};

/// Reads the command line, and prints --help and --version. Returns nothing if the program should
/// end at once, with exit status 0. UsageError if an option is unknown or a value is not possible.
std::optional<Options> parse_options(int argc, char** argv, const std::string& description,
                                     const std::vector<TextOption>& own = {},
                                     std::optional<OwnImages> images = {});

/// The output of --version.
std::string version_text();

/// The backbone that an option --arch names. UsageError if it names none.
ResNetArch arch_of(const std::string& text);
/// Parses the command line. False after --help or --version was printed; UsageError, saying that
/// `needed` is needed, if it is not valid.
bool parse_or_help(CLI::App& app, int argc, char** argv, std::string_view needed);

/// Applies --threads; 0: all cores, shared among the ranks of a machine.
void use_threads(int threads, const Communicator& ranks);

/// Parses the command line and runs a program's body on all ranks, guarded (guarded.h).
int run_program(int argc, char** argv, const std::string& description,
                const std::function<int(const Options&, const Communicator&)>& body,
                const std::vector<TextOption>& own = {});

}  // namespace siam
