// The gnuplot script of a figure. Pixels below are those of the SVG.

#include <algorithm>
#include <array>
#include <cmath>

#include "experiments/figure.h"
#include "tensor/check.h"

namespace siam {

namespace {

constexpr int kPlotWidth = 270, kPlotHeight = 230;
constexpr int kLeft = 58, kRight = 14, kTop = 40, kBottom = 52, kLegend = 34;
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

std::string look(const Series& series) {
  check(series.color >= 0, "figure: colour {} of '{}'; 0 or more is needed", series.color,
        series.label);
  const char* color = kColors[static_cast<size_t>(series.color) % kColors.size()];
  if (series.reference) return fmt::format("with lines lw 1 dt (10,6) lc rgb '{}'", color);
  if (series.x.size() > kPointsWithMarks) {
    // A noisy curve of hundreds of points would be a band.
    return fmt::format("with lines lw {} lc rgb '{}'", series.x.size() > kManyPoints ? 1.3 : 2,
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
    for (const double y : series.y) range.cover(y);
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

std::string legend_commands(const Figure& figure, double center) {
  std::vector<const Series*> entries;
  for (const Panel& panel : figure.panels) {
    for (const Series& series : panel.series) {
      const bool seen = std::any_of(entries.begin(), entries.end(), [&](const Series* entry) {
        return entry->label == series.label;
      });
      if (!seen && !series.label.empty()) entries.push_back(&series);
    }
  }
  if (entries.empty()) return "";
  std::string text =
      "  # The legend of all panels: an empty plot.\n"
      "  unset border; unset tics; unset grid; unset title; unset xlabel\n"
      "  set lmargin at screen 0; set rmargin at screen 1; set bmargin at screen 0; set tmargin at "
      "screen 1\n";
  text += fmt::format(
      "  set key at screen 0.5, screen {:.5f} center center horizontal maxrows 1 "
      "Left reverse noenhanced samplen 2.5\n  plot [0:1] [0:1]",
      center);
  for (size_t i = 0; i < entries.size(); ++i) {
    text += fmt::format("{} \\\n    NaN {} title {}", i == 0 ? "" : ",", look(*entries[i]),
                        literal(entries[i]->label));
  }
  return text + "\n";
}

}  // namespace

std::string figure_script(const Figure& figure, std::string_view name) {
  int width = 0;
  for (const Panel& panel : figure.panels) width += kLeft + kPlotWidth + right_margin(panel);
  const int height = kTop + kPlotHeight + kBottom + kLegend;

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
        1.0 * left / width, 1.0 * (left + kPlotWidth) / width, 1.0 * (kLegend + kBottom) / height,
        1.0 * (kLegend + kBottom + kPlotHeight) / height, literal(panel.title),
        literal(panel.x_label));
    text += fmt::format("  set xtics {}\n", x_step(panel, x));
    text += level_commands(panel, y);
    text += fmt::format("  plot [{}:{}] [{}:{}]", x.low, x.high, y.low, y.high);
    // References first: our own curves lie on top of them.
    const char* separator = "";
    for (const bool reference : {true, false}) {
      for (size_t i = 0; i < panel.series.size(); ++i) {
        if (panel.series[i].reference != reference) continue;
        text += fmt::format("{} \\\n    {} index {} using 3:4 {}", separator,
                            literal(fmt::format("{}.csv", name)),
                            1 + data_set + static_cast<int>(i), look(panel.series[i]));
        separator = ",";
      }
    }
    if (panel.series.empty()) text += " NaN";
    text += "\n";
    data_set += static_cast<int>(panel.series.size());
    left += kPlotWidth + right_margin(panel);
  }
  text += fmt::format("\n{}", legend_commands(figure, 0.5 * kLegend / height));
  return text + "  unset multiplot\n  unset output\n}\n";
}

}  // namespace siam
