#pragma once
// What `simsiam pretrain`, `simsiam plan` and `simsiam view` have in common: the command line,
// whose defaults depend on how many images there are, and the images themselves.

#include <optional>
#include <string>

#include "data/dataset.h"
#include "experiments/options.h"

namespace siam {

struct OwnRun {
  Options options;
  TrainTest data;
};

/// Reads the command line, with the options of one command besides the shared ones, then the folder
/// in it. `trains`: with the options for where results go. Nothing if the program should end at
/// once. Sets the number of threads. UsageError or Error if something is not valid.
std::optional<OwnRun> own_run(int argc, char** argv, const std::string& description, bool trains,
                              const std::vector<TextOption>& own = {},
                              const Communicator& ranks = alone());

}  // namespace siam
