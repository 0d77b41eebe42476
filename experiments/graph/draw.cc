#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "experiments/figure.h"
#include "experiments/graph/dot.h"
#include "experiments/picture_file.h"
#include "experiments/process.h"
#include "tensor/io/atomic_file.h"

namespace siam {

namespace fs = std::filesystem;

void draw_dot(const std::string& dot, const fs::path& svg) {
  const fs::path folder = svg.has_parent_path() ? svg.parent_path() : ".";
  const std::string name = svg.stem().string(), script = name + ".dot";
  std::error_code ignored;
  if (!holds(folder / script, dot)) fs::remove(svg, ignored);
  write_file_atomically(folder / script, dot);

  // A picture gets its name when it is complete; until then it has one that is unique to this
  // process.
  const std::string part = fmt::format("{}.{}.tmp.svg", name, getpid());
  const ProcessResult run = run_process({"dot", "-Tsvg", "-o", "./" + part, "./" + script}, folder);
  if (run.found && run.status == 0 && is_whole_picture(folder / part)) {
    rename_file(folder / part, svg);
  } else {
    fs::remove(folder / part, ignored);
  }
  if (is_whole_picture(svg)) return;
  const std::string by_hand =
      fmt::format("run `dot -Tsvg {} -o {}.svg` in that folder", script, name);
  if (!run.found)
    throw NotDrawn(
        fmt::format("{}: cannot draw: dot was not found, {} is there; install it (apt-get install "
                    "graphviz) and {}",
                    svg.string(), script, by_hand));
  const std::string first_line = run.output.substr(0, run.output.find('\n', 1));
  throw NotDrawn(
      fmt::format("{}: cannot draw: dot ended with status {} and an incomplete picture{}{}; free "
                  "disk space or another dot is needed; then {}",
                  svg.string(), run.status, first_line.empty() ? "" : ": ", first_line, by_hand));
}

}  // namespace siam
