#include "experiments/commands/output_file.h"

#include <algorithm>

#include "tensor/check.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kStart = 64 << 10;  // bytes, in which a file's header says what it is

// Whether the file is not there, or is one of ours.
bool may_be_replaced(const fs::path& path, const std::string& mark) {
  std::error_code none;
  if (!fs::is_regular_file(path, none))
    return true;  // what else it may be cannot be written either
  const RegularFile file(path);
  std::string start(static_cast<size_t>(std::min(file.size(), kStart)), '\0');
  file.read(0, start.data(), std::ssize(start));
  return start.find(mark) != std::string::npos;
}

}  // namespace

void check_output(const fs::path& out, const std::vector<fs::path>& inputs, const std::string& mark,
                  const std::string& option) {
  for (const fs::path& input : inputs) {
    std::error_code none;  // one of them is not there
    check(!fs::equivalent(out, input, none),
          "{} {}: this is what is read; another file is needed; choose another name", option,
          out.string());
  }
  check(may_be_replaced(out, mark),
        "{} {}: exists, and is not a file that this command writes; a new name is needed; choose "
        "another one, or move the file away",
        option, out.string());
  const AtomicFile probe(out);  // dropped: never committed
}

void check_side_file(const fs::path& file, const fs::path& out, const std::string& mark) {
  check(may_be_replaced(file, mark),
        "{}: is there already, and would be written beside {}; its name must be free; choose "
        "another --out, or move it away",
        file.string(), out.string());
}

}  // namespace siam
