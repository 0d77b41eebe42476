#pragma once
// Line charts: panels side by side with one legend, drawn by gnuplot. The data and the script stay
// beside the picture, so that anybody can check, restyle and redraw it. Every measured point is
// drawn, nothing is smoothed.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/check.h"

namespace siam {

struct Series {
  /// In the legend. Series with one label share an entry and must look alike.
  std::string label = {};
  std::vector<double> x = {}, y = {};  ///< as many of each; points with a NaN are left out
  std::vector<double> spread = {};     ///< empty, or as many: a band of y +- spread is shaded
  int color = 0;           ///< index into a palette that colour-blind readers can tell apart
  bool reference = false;  ///< thin and dashed, behind the others: somebody else's curve
};

/// A thin horizontal line, named at the right of the panel.
struct Level {
  std::string label = {};
  double y = 0;
};

struct Panel {
  std::string title = {};  ///< the quantity with its unit: stands for the label of the y axis
  std::string x_label = {};
  std::vector<Series> series = {};
  std::vector<Level> levels = {};
  std::vector<double> y_shown = {};  ///< values that the y axis must reach; it also covers all data
};

struct Figure {
  std::vector<Panel> panels = {};
};

/// The pictures of a figure are not there; the message says why, and how to draw them later.
struct NotDrawn : Error {
  using Error::Error;
};

/// Writes <name>.csv and <name>.gp into the folder and draws <name>.svg and <name>.png (twice the
/// size, for dense screens). If gnuplot is missing or fails, or the disk is full, pictures stay
/// that were drawn from the same CSV and script, and others go; NotDrawn if none are left.
void draw_figure(const Figure& figure, const std::filesystem::path& folder,
                 std::string_view name = "figure");

/// Points of the series that are drawn: those whose coordinates are finite.
size_t points_drawn(const Series& series);
/// Columns panel, series, x, y, spread (0 where there is none); two empty lines between series
/// (gnuplot's data sets). A series without points has no data set.
std::string figure_csv(const Figure& figure);
std::string figure_script(const Figure& figure, std::string_view name);

}  // namespace siam
