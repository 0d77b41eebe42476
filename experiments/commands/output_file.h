#pragma once
// What a command must not write over.

#include <filesystem>
#include <initializer_list>
#include <string>

namespace siam {

/// Error if `out` is one of the files that the command reads, under whatever name.
void check_output(const std::filesystem::path& out,
                  std::initializer_list<std::filesystem::path> inputs);
/// Error if a file that is written beside `out` unasked is there and not one of ours, whose first
/// line holds `mark`.
void check_side_file(const std::filesystem::path& file, const std::filesystem::path& out,
                     const std::string& mark);

}  // namespace siam
