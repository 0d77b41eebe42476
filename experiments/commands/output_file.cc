#include "experiments/commands/output_file.h"

#include <fstream>

#include "tensor/check.h"

namespace siam {

namespace fs = std::filesystem;

void check_output(const fs::path& out, std::initializer_list<fs::path> inputs) {
  for (const fs::path& input : inputs) {
    std::error_code none;  // if one of them does not exist
    check(!fs::equivalent(out, input, none),
          "--out {}: this is what is read; another file is needed; choose another name",
          out.string());
  }
}

void check_side_file(const fs::path& file, const fs::path& out, const std::string& mark) {
  std::error_code none;
  if (!fs::is_regular_file(file, none)) return;  // what else it may be cannot be written either
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  check(line.find(mark) != std::string::npos,
        "{}: is there already, and would be written beside {}; its name must be free; choose "
        "another --out, or move it away",
        file.string(), out.string());
}

}  // namespace siam
