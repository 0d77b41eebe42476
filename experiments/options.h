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
  std::filesystem::path init;  ///< whose weights the runs start from; empty: drawn ones
  std::filesystem::path out = "results";
  bool resume = true;               ///< false, --fresh: train again what is there
  int seeds = 1;                    ///< of every run: seed, seed + 1, ...
  int threads = 0;                  ///< of the CPU kernels; 0: all cores
  bool tensorboard = false;         ///< event files in <out>/tensorboard/
  std::string command_line;         ///< as typed, quoted for a shell
  std::string command_to_continue;  ///< the same without --fresh
};

/// An option that one program has beside the shared ones.
struct TextOption {
  std::string name, description;  ///< "--readme", and its line in --help
  std::string* value;             ///< where its text goes
};

/// Of a command `simsiam NAME DIR`: the folder has the place of --data, the preset is `photos`
/// unless another is given, and --tensorboard is on.
struct OwnImages {
  int64_t count = 0;   ///< images to train on, for the preset; 0: not known yet
  bool trains = true;  ///< false: there are no options for results, nor for several seeds
};

/// Reads the command line, and prints --help and --version. Returns nothing if the program is to
/// end at once, its exit status then is 0. UsageError if an option is unknown or a value is not
/// possible.
std::optional<Options> parse_options(int argc, char** argv, const std::string& description,
                                     const std::vector<TextOption>& own = {},
                                     std::optional<OwnImages> images = {});

/// What --version prints.
std::string version_text();

/// Parses the command line. False after --help or --version was printed; UsageError, saying that
/// `needed` is needed, if it does not fit.
bool parse_or_help(CLI::App& app, int argc, char** argv, std::string_view needed);

/// Takes over --threads; 0: all cores, which the ranks of a machine share out.
void use_threads(int threads, const Communicator& ranks);

/// Parses the command line and runs a program's body on all ranks, guarded (guarded.h).
int run_program(int argc, char** argv, const std::string& description,
                const std::function<int(const Options&, const Communicator&)>& body,
                const std::vector<TextOption>& own = {});

}  // namespace siam
