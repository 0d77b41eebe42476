#pragma once
// Files that another program has drawn.

#include <filesystem>
#include <string_view>

namespace siam {

/// Whether a file is there and has this content.
bool holds(const std::filesystem::path& path, std::string_view content);

/// Whether an SVG or PNG is there to its end. gnuplot ends with status 0 when its output does not
/// fit on the disk, so the picture itself is asked.
bool is_whole_picture(const std::filesystem::path& path);

}  // namespace siam
