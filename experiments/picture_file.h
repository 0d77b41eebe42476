#pragma once
// Pictures that another program has drawn.

#include <filesystem>
#include <string_view>

namespace siam {

/// Whether a file exists and has this content.
bool holds(const std::filesystem::path& path, std::string_view content);

/// Whether an SVG or PNG is complete. gnuplot ends with status 0 even if its output does not fit on
/// the disk, so the picture itself is checked.
bool is_whole_picture(const std::filesystem::path& path);

}  // namespace siam
