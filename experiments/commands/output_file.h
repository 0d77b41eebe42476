#pragma once
// Files that a command must not overwrite.

#include <filesystem>
#include <string>
#include <vector>

namespace siam {

/// Error if a command must not or cannot write the file `out`, given by `option`: it is one of the
/// `inputs` that the command reads, under whatever name; it exists and is not a file that the
/// command writes, in which `mark` stands near the beginning; or there is no writable folder.
void check_output(const std::filesystem::path& out,
                  const std::vector<std::filesystem::path>& inputs, const std::string& mark,
                  const std::string& option = "--out");
/// Error if a file that would be written beside `out` exists and is not one of ours.
void check_side_file(const std::filesystem::path& file, const std::filesystem::path& out,
                     const std::string& mark);

}  // namespace siam
