#include "experiments/figure.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>

#include "experiments/process.h"
#include "experiments/results.h"
#include "nn/atomic_file.h"
#include "tensor/check.h"

namespace siam {

namespace fs = std::filesystem;

namespace {

constexpr std::array kKinds = {".svg", ".png"};

// Whether a file is there and has this content.
bool holds(const fs::path& path, const std::string& content) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == content.size() &&
         !error && read_file(path) == content;
}

// gnuplot ends with status 0 when its output does not fit on the disk, so the picture itself is
// asked.
bool is_whole_picture(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) == 0 || error) return false;
  const std::string bytes = read_file(path);
  const std::string tail = bytes.substr(bytes.size() - std::min<size_t>(bytes.size(), 16));
  const std::string_view end = path.extension() == ".svg" ? "</svg>" : "IEND";
  return tail.find(end) != std::string::npos;
}

}  // namespace

size_t points_drawn(const Series& series) {
  size_t count = 0;
  for (size_t i = 0; i < series.x.size(); ++i) {
    count += std::isfinite(series.x[i]) && std::isfinite(series.y[i]);
  }
  return count;
}

std::string figure_csv(const Figure& figure) {
  std::string text = "panel,series,x,y,spread\n";
  for (const Panel& panel : figure.panels) {
    for (const Series& series : panel.series) {
      check(series.x.size() == series.y.size(),
            "figure: '{}' has {} x and {} y values; as many are needed", series.label,
            series.x.size(), series.y.size());
      if (points_drawn(series) > 0) text += "\n\n";
      for (size_t i = 0; i < series.x.size(); ++i) {
        if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
        const double spread =
            i < series.spread.size() && std::isfinite(series.spread[i]) ? series.spread[i] : 0;
        text += fmt::format("{},{},{},{},{}\n", csv_field(panel.title), csv_field(series.label),
                            csv_field(series.x[i]), csv_field(series.y[i]), csv_field(spread));
      }
    }
  }
  return text;
}

void draw_figure(const Figure& figure, const fs::path& folder, std::string_view name) {
  const auto file = [&](std::string_view suffix) {
    return folder / fmt::format("{}{}", name, suffix);
  };
  const std::string csv = figure_csv(figure), script = figure_script(figure, name);
  std::error_code ignored;
  if (!holds(file(".csv"), csv) || !holds(file(".gp"), script))
    for (const char* kind : kKinds) fs::remove(file(kind), ignored);
  write_file_atomically(file(".csv"), csv);
  write_file_atomically(file(".gp"), script);

  // The script draws under the name it is given, so that a picture gets its own only when it is
  // whole. The name is this process's: another one may draw here, too.
  const std::string part = fmt::format("{}.{}.tmp", name, getpid());
  const ProcessResult run =
      run_process({"gnuplot", "-d", "-c", fmt::format("{}.gp", name), part}, folder);
  const bool whole = run.found && run.status == 0 && is_whole_picture(folder / (part + ".svg")) &&
                     is_whole_picture(folder / (part + ".png"));
  for (const char* kind : kKinds) {
    if (whole) {
      rename_file(folder / (part + kind), file(kind));
    } else {
      fs::remove(folder / (part + kind), ignored);
    }
  }
  if (std::all_of(kKinds.begin(), kKinds.end(),
                  [&](const char* kind) { return is_whole_picture(file(kind)); }))
    return;
  if (!run.found)
    throw NotDrawn(fmt::format(
        "{}: cannot draw: gnuplot was not found; install it (apt-get install gnuplot-nox) and run "
        "`gnuplot {}.gp` in that folder",
        file(".svg").string(), name));
  const std::string first_line = run.output.substr(0, run.output.find('\n', 1));
  throw NotDrawn(fmt::format(
      "{}: cannot draw: gnuplot ended with status {} and an incomplete picture{}{}; free disk "
      "space or another gnuplot is needed; then run `gnuplot {}.gp` in that folder",
      file(".svg").string(), run.status, first_line.empty() ? "" : ": ", first_line, name));
}

}  // namespace siam
