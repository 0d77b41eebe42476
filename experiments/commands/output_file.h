#pragma once
// Files that a command must not overwrite.

#include <filesystem>
#include <initializer_list>
#include <string>

namespace siam {

/// Error if `out` is one of the files that the command reads, under whatever name.
void check_output(const std::filesystem::path& out,
                  std::initializer_list<std::filesystem::path> inputs);
/// Error if a file that would be written beside `out` already exists and is not one of ours, whose
/// first line contains `mark`.
void check_side_file(const std::filesystem::path& file, const std::filesystem::path& out,
                     const std::string& mark);

}  // namespace siam
