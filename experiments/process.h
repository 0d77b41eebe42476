#pragma once
// Runs other programs without a shell: arguments are passed as they are.

#include <filesystem>
#include <string>
#include <vector>

namespace siam {

struct ProcessResult {
  bool found = false;  ///< the program is installed
  int status = -1;     ///< exit status; 128 + the signal that ended it
  std::string output;  ///< stdout and stderr together
};

/// Runs argv[0], looked up in PATH, in `folder` with empty input, and waits for its end. Error if
/// the system cannot start a process at all.
ProcessResult run_process(const std::vector<std::string>& argv,
                          const std::filesystem::path& folder);

}  // namespace siam
