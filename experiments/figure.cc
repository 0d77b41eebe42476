#include "experiments/figure.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>

#include "experiments/figure_gp.h"
#include "experiments/picture_file.h"
#include "experiments/process.h"
#include "experiments/results.h"
#include "tensor/check.h"
#include "tensor/io/atomic_file.h"

namespace siam {

namespace fs = std::filesystem;

namespace {

constexpr std::array kKinds = {".svg", ".png"};

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

// Over all points, including those without a y: panels side by side share one x axis.
double highest_x(const Panel& panel) {
  double highest = 0;
  for (const Series& series : panel.series)
    for (const double x : series.x)
      if (std::isfinite(x)) highest = std::max(highest, x);
  return highest;
}

void check_series(const Series& series) {
  check(series.x.size() == series.y.size(),
        "figure: '{}' has {} x and {} y values; as many are needed", series.label, series.x.size(),
        series.y.size());
  check(series.color >= 0, "figure: colour {} of '{}'; 0 or more is needed", series.color,
        series.label);
}

// NaN without a band; in a band, 0 where there is no deviation.
double spread_of(const Series& series, size_t i) {
  if (i >= series.spread.size()) return NAN;
  return std::isfinite(series.spread[i]) ? series.spread[i] : 0;
}

std::vector<Level> rising(std::vector<Level> levels) {
  std::erase_if(levels, [](const Level& level) { return !std::isfinite(level.y); });
  std::sort(levels.begin(), levels.end(), [](const Level& a, const Level& b) { return a.y < b.y; });
  return levels;
}

}  // namespace

std::string_view figure_script() { return kFigureScript; }

// gnuplot reads to the next quote or the end of the line, then expands \\ and \042.
std::string gnuplot_quoted(std::string_view text) {
  std::string result;
  for (const char c : text) switch (c) {
      case '"': result += "\\042"; break;
      case '\\': result += "\\\\"; break;
      case '\n':
      case '\r': result += ' '; break;
      default: result += c;
    }
  return fmt::format("\"{}\"", result);
}

std::string figure_csv(const Figure& figure) {
  std::string text = "panel,kind,color,x,y,spread,label\n";
  for (size_t p = 0; p < figure.panels.size(); ++p) {
    const Panel& panel = figure.panels[p];
    const auto row = [&](const char* kind, int color, double x, double y, double spread,
                         std::string_view label) {
      text += fmt::format("{},{},{},{},{},{},{}\n", p + 1, kind, color, number(x), number(y),
                          number(spread), gnuplot_quoted(label));
    };
    const auto data_set = [&] { text += "\n\n"; };
    data_set();
    row("title", 0, NAN, NAN, NAN, panel.title);
    data_set();
    row("axis", 0, highest_x(panel), NAN, NAN, panel.x_label);
    for (const double y : panel.y_shown) row("axis", 0, NAN, y, NAN, panel.x_label);
    for (const Series& series : panel.series) {
      check_series(series);
      const char* kind = series.reference ? "reference" : "curve";
      data_set();
      bool drawn = false;
      for (size_t i = 0; i < series.x.size(); ++i) {
        if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
        row(kind, series.color, series.x[i], series.y[i], spread_of(series, i), series.label);
        drawn = true;
      }
      if (!drawn) row(kind, series.color, NAN, NAN, NAN, series.label);
    }
    for (const Level& level : rising(panel.levels)) {
      data_set();
      row("level", 0, NAN, level.y, NAN, level.label);
    }
  }
  return text;
}

void draw_figure(const Figure& figure, const fs::path& folder, std::string_view name) {
  draw_picture(figure_csv(figure), figure_script(), folder, name);
}

void draw_picture(std::string_view csv, std::string_view script, const fs::path& folder,
                  std::string_view name) {
  const auto file = [&](std::string_view suffix) {
    return folder / fmt::format("{}{}", name, suffix);
  };
  std::error_code ignored;
  if (!holds(file(".csv"), csv) || !holds(file(".gp"), script))
    for (const char* kind : kKinds) fs::remove(file(kind), ignored);
  write_file_atomically(file(".csv"), csv);
  write_file_atomically(file(".gp"), script);

  // The script draws under the name it is given, so that a picture gets its final name only when it
  // is complete. The temporary name contains the process, since another one may draw here, too.
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
