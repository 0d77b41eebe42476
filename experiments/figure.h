#pragma once
// Line charts: panels side by side with one legend, drawn by gnuplot with figure.gp, which defines
// the style. The data and the script stay beside the picture, so that anyone can check, restyle and
// redraw it. Every measured point is drawn, nothing is smoothed.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/check.h"

namespace siam {

struct Series {
  /// In the legend. Series with the same label share an entry and must look alike.
  std::string label = {};
  std::vector<double> x = {}, y = {};  ///< equally many; points with a NaN are left out
  std::vector<double> spread = {};     ///< empty, or equally many: a band of y +- spread is shaded
  int color = 0;           ///< from 0, in a palette that colour-blind readers can tell apart
  bool reference = false;  ///< thin and dashed, behind the others: a curve that is not ours
};

/// A thin horizontal line, named at the right of the panel.
struct Level {
  std::string label = {};
  double y = 0;
};

struct Panel {
  std::string title = {};  ///< the quantity with its unit, instead of a y-axis label
  std::string x_label = {};
  std::vector<Series> series = {};
  std::vector<Level> levels = {};
  std::vector<double> y_shown = {};  ///< values that the y axis must reach; it also covers all data
};

struct Figure {
  std::vector<Panel> panels = {};
};

/// The pictures of a figure could not be drawn; the message says why, and how to draw them later.
struct NotDrawn : Error {
  using Error::Error;
};

/// Writes <name>.csv and <name>.gp into the folder and draws <name>.svg and <name>.png (twice the
/// size, for dense screens). If gnuplot is missing or fails, or the disk is full, pictures that
/// were drawn from the same CSV and script stay, and others are removed; NotDrawn if none are left.
void draw_figure(const Figure& figure, const std::filesystem::path& folder,
                 std::string_view name = "figure");
/// The same for any CSV and the script that draws it, whose first argument is the name of the
/// pictures without suffix.
void draw_picture(std::string_view csv, std::string_view script,
                  const std::filesystem::path& folder, std::string_view name);

/// The input of figure.gp, whose first lines describe the columns and rows. Points whose
/// coordinates are not both finite are left out; a series without points has one row, without
/// numbers. In texts a quote is \042, a backslash is doubled, and line breaks become spaces.
std::string figure_csv(const Figure& figure);
/// The text of figure.gp at build time.
std::string_view figure_script();
/// A text as a field of such a CSV, in quotes.
std::string gnuplot_quoted(std::string_view text);

}  // namespace siam
