#include "experiments/picture_file.h"

#include <algorithm>
#include <system_error>

#include "tensor/io/read_file.h"

namespace siam {

namespace fs = std::filesystem;

bool holds(const fs::path& path, std::string_view content) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == content.size() &&
         !error && read_file(path) == content;
}

bool is_whole_picture(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) == 0 || error) return false;
  const std::string bytes = read_file(path);
  const std::string tail = bytes.substr(bytes.size() - std::min<size_t>(bytes.size(), 16));
  const std::string_view end = path.extension() == ".png" ? "IEND" : "</svg>";
  return tail.find(end) != std::string::npos;
}

}  // namespace siam
