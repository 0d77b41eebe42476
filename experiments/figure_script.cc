// The gnuplot script of a figure. Pixels below are those of the SVG.

#include <algorithm>
#include <array>
#include <cmath>

#include "experiments/figure.h"
#include "tensor/check.h"

namespace siam {

namespace {

constexpr int kPlotWidth = 270, kPlotHeight = 230;
constexpr int kLeft = 58, kRight = 14, kTop = 40, kBottom = 52;
constexpr int kLegendPadding = 14, kLegendRow = 20, kLegendSample = 60, kLegendCharacter = 7;
constexpr int kLevelColumn = 7;          // per character of a level's label
constexpr int kLevelSpacing = 15;        // between two labels
constexpr size_t kPointsWithMarks = 30;  // a longer series is a plain line
constexpr size_t kManyPoints = 200;
constexpr double kPadding = 0.03;  // of the y axis, so that curves at its ends are seen whole

// Okabe and Ito's palette without its yellow, which is faint on white.
constexpr std::array kColors = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"};
constexpr const char* kGrey = "#777777";

struct Range {
  double low = INFINITY, high = -INFINITY;
  void cover(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// In single quotes gnuplot takes everything literally but the quote, which is doubled.
std::string literal(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return fmt::format("'{}'", result);
}

const char* color_of(const Series& series) {
  check(series.color >= 0, "figure: colour {} of '{}'; 0 or more is needed", series.color,
        series.label);
  return kColors[static_cast<size_t>(series.color) % kColors.size()];
}

std::string look(const Series& series) {
  const char* color = color_of(series);
  if (series.reference) return fmt::format("with lines lw 1 dt (10,6) lc rgb '{}'", color);
  if (points_drawn(series) > kPointsWithMarks) {
    // A noisy curve of hundreds of points would be a band.
    return fmt::format("with lines lw {} lc rgb '{}'", points_drawn(series) > kManyPoints ? 1.3 : 2,
                       color);
  }
  return fmt::format("with linespoints lw 2 pt 7 ps 0.45 lc rgb '{}'", color);
}

Range x_range(const Panel& panel) {
  Range range{0, 0};
  for (const Series& series : panel.series) {
    for (const double x : series.x) range.cover(x);
  }
  return range.high > range.low ? range : Range{0, 1};
}

// gnuplot would mark half epochs on a short axis.
const char* x_step(const Panel& panel, const Range& x) {
  const bool whole =
      std::all_of(panel.series.begin(), panel.series.end(), [](const Series& series) {
        return series.reference || std::all_of(series.x.begin(), series.x.end(), [](double value) {
                 return value == std::floor(value);
               });
      });
  return whole && x.high - x.low <= 10 ? "1" : "autofreq";
}

Range y_range(const Panel& panel) {
  Range range;
  for (const double y : panel.y_shown) range.cover(y);
  for (const Level& level : panel.levels) range.cover(level.y);
  for (const Series& series : panel.series) {
    for (size_t i = 0; i < series.y.size(); ++i) {
      const double spread =
          i < series.spread.size() && std::isfinite(series.spread[i]) ? series.spread[i] : 0;
      range.cover(series.y[i] - spread);
      range.cover(series.y[i] + spread);
    }
  }
  if (range.low > range.high) range = {0, 1};
  if (range.low == range.high) range = {range.low - 0.5, range.high + 0.5};
  const double padding = kPadding * (range.high - range.low);
  return {range.low - padding, range.high + padding};
}

int right_margin(const Panel& panel) {
  size_t longest = 0;
  for (const Level& level : panel.levels) longest = std::max(longest, level.label.size());
  return longest == 0 ? kRight : 10 + kLevelColumn * static_cast<int>(longest);
}

// Lines at their heights; their names beside the panel, moved apart where two would touch.
std::string level_commands(const Panel& panel, const Range& y) {
  std::vector<Level> levels = panel.levels;
  std::erase_if(levels, [](const Level& level) { return !std::isfinite(level.y); });
  std::sort(levels.begin(), levels.end(), [](const Level& a, const Level& b) { return a.y < b.y; });
  const double spacing = kLevelSpacing * (y.high - y.low) / kPlotHeight;
  std::string text;
  double lowest = -INFINITY;
  for (const Level& level : levels) {
    lowest = std::max(level.y, lowest + spacing);
    text += fmt::format(
        "  set arrow from graph 0, first {0} to graph 1, first {0} nohead lw 1 dt (3,3) "
        "lc rgb '{1}' back\n",
        level.y, kGrey);
    text += fmt::format(
        "  set label {} at graph 1, first {} left offset character 0.6, 0 noenhanced "
        "font ',10' tc rgb '#555555'\n",
        literal(level.label), lowest);
  }
  return text;
}

// One entry per label, in rows as wide as the figure allows.
struct Legend {
  std::vector<const Series*> entries;
  int rows = 0;
  int height() const { return rows == 0 ? 0 : kLegendPadding + kLegendRow * rows; }
};

Legend legend_of(const Figure& figure, int width) {
  Legend legend;
  int longest = 1;
  for (const Panel& panel : figure.panels) {
    for (const Series& series : panel.series) {
      const bool seen =
          std::any_of(legend.entries.begin(), legend.entries.end(),
                      [&](const Series* entry) { return entry->label == series.label; });
      if (seen || series.label.empty()) continue;
      legend.entries.push_back(&series);
      longest = std::max(longest, static_cast<int>(series.label.size()));
    }
  }
  const int columns = std::max(1, width / (kLegendSample + kLegendCharacter * longest));
  legend.rows = (static_cast<int>(legend.entries.size()) + columns - 1) / columns;
  return legend;
}

std::string legend_commands(const Legend& legend, int height) {
  if (legend.entries.empty()) return "";
  std::vector<std::string> plots;
  for (const Series* entry : legend.entries) {
    plots.push_back(fmt::format("NaN {} title {}", look(*entry), literal(entry->label)));
  }
  return fmt::format(
      "  # The legend of all panels: an empty plot.\n"
      "  unset border; unset tics; unset grid; unset title; unset xlabel; unset label; unset "
      "arrow\n"
      "  set lmargin at screen 0; set rmargin at screen 1\n"
      "  set bmargin at screen 0; set tmargin at screen 1\n"
      "  set key at screen 0.5, screen {:.5f} center center horizontal maxrows {} Left reverse "
      "noenhanced samplen 2.5\n  plot [0:1] [0:1] \\\n    {}\n",
      0.5 * legend.height() / height, legend.rows, fmt::join(plots, ", \\\n    "));
}

}  // namespace

std::string figure_script(const Figure& figure, std::string_view name) {
  int width = 0;
  for (const Panel& panel : figure.panels) width += kLeft + kPlotWidth + right_margin(panel);
  const Legend legend = legend_of(figure, width);
  const int bottom = kBottom + legend.height();
  const int height = kTop + kPlotHeight + bottom;

  std::string text = fmt::format(
      "# `gnuplot {0}.gp` draws {0}.svg and {0}.png from {0}.csv.\n"
      "name = exists('ARG1') && strlen(ARG1) > 0 ? ARG1 : {1}\n"
      "set encoding utf8\nset datafile separator comma\n\n"
      "do for [kind in 'svg png'] {{\n"
      "  if (kind eq 'svg') {{\n"
      "    set terminal svg size {2},{3} background rgb 'white' font 'sans-serif,12'\n"
      "  }} else {{  # twice the size; fontscale 1.5: cairo counts in points of 4/3 pixel\n"
      "    if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {{\n"
      "      set terminal pngcairo size {4},{5} background rgb 'white' font 'sans-serif,12' "
      "fontscale 1.5 linewidth 2 pointscale 2\n"
      "    }} else {{  # a gnuplot without cairo: plainer, but a picture\n"
      "      set terminal png truecolor size {4},{5} background rgb 'white' font 'sans-serif,12' "
      "fontscale 1.5 linewidth 2\n"
      "    }}\n"
      "  }}\n"
      "  set output name.'.'.kind\n  set multiplot\n"
      "  set border 3 lc rgb '#444444'\n"
      "  set xtics out nomirror scale 0.6 font ',10.5' tc rgb '#333333'\n"
      "  set ytics out nomirror scale 0.6 font ',10.5' tc rgb '#333333'\n"
      "  set grid y lt 1 lw 0.7 lc rgb '#e4e4e4'\n",
      name, literal(name), width, height, 2 * width, 2 * height);

  int left = 0, data_set = 0;
  for (const Panel& panel : figure.panels) {
    left += kLeft;
    const Range x = x_range(panel), y = y_range(panel);
    text += fmt::format(
        "\n  unset label; unset arrow; unset key\n"
        "  set lmargin at screen {:.5f}; set rmargin at screen {:.5f}\n"
        "  set bmargin at screen {:.5f}; set tmargin at screen {:.5f}\n"
        "  set title {} noenhanced offset 0, -0.4\n  set xlabel {} noenhanced offset 0, 0.4\n",
        1.0 * left / width, 1.0 * (left + kPlotWidth) / width, 1.0 * bottom / height,
        1.0 * (bottom + kPlotHeight) / height, literal(panel.title), literal(panel.x_label));
    text += fmt::format("  set xtics {}\n", x_step(panel, x));
    text += level_commands(panel, y);
    text += fmt::format("  plot [{}:{}] [{}:{}]", x.low, x.high, y.low, y.high);
    std::vector<std::string> bands, ours, references;
    for (const Series& series : panel.series) {
      if (points_drawn(series) == 0) continue;
      if (!series.spread.empty())
        bands.push_back(
            fmt::format("{} index {} using 3:($4-$5):($4+$5) with filledcurves fs solid 0.15 "
                        "noborder lc rgb '{}'",
                        literal(fmt::format("{}.csv", name)), data_set + 1, color_of(series)));
      (series.reference ? references : ours)
          .push_back(fmt::format("{} index {} using 3:4 {}", literal(fmt::format("{}.csv", name)),
                                 ++data_set, look(series)));
    }
    // Our own curves lie on top of the references.
    references.insert(references.begin(), bands.begin(), bands.end());
    references.insert(references.end(), ours.begin(), ours.end());
    if (references.empty()) references = {"NaN"};
    text += fmt::format(" \\\n    {}\n", fmt::join(references, ", \\\n    "));
    left += kPlotWidth + right_margin(panel);
  }
  text += fmt::format("\n{}", legend_commands(legend, height));
  return text + "  unset multiplot\n  unset output\n}\n";
}

}  // namespace siam
