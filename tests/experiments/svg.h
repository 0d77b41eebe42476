#pragma once
// Reads gnuplot's drawings from the SVG.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace siam {

// The SVG's part for the first curve, or band, with a label.
inline std::string part_of(const std::string& svg, const std::string& label) {
  const size_t begin = svg.find("<title>" + label + "</title>");
  REQUIRE(begin != std::string::npos);
  return svg.substr(begin, svg.find("<title>", begin + 1) - begin);
}

// Corners of a line, in pixels from the left and the top: accurate to 0.02, of which 0.01 is the
// SVG's rounding.
struct Path {
  std::vector<std::pair<double, double>> points;
  bool operator==(const Path& other) const {
    return std::ranges::equal(points, other.points, [](const auto& a, const auto& b) {
      return std::abs(a.first - b.first) <= 0.02 && std::abs(a.second - b.second) <= 0.02;
    });
  }
};

inline Path path_behind(const std::string& svg, size_t at) {
  const size_t begin = svg.find(" d='", at) + 4;
  std::istringstream text(svg.substr(begin, svg.find('\'', begin) - begin));
  Path path;
  char command, comma;
  for (double x, y; text >> command >> x >> comma >> y;) path.points.emplace_back(x, y);
  return path;
}

inline Path path_of(const std::string& svg, const std::string& label) {
  return path_behind(part_of(svg, label), 0);
}

// For a panel as experiments/figure.gp lays it out.
struct Axes {
  double left = 58, x_high = 1, y_low, y_high;
  Path pixels(const std::vector<std::pair<double, double>>& values) const {
    Path path;
    for (const auto& [x, y] : values)
      path.points.emplace_back(left + 270 * x / x_high, 40 + 230 * (y_high - y) / (y_high - y_low));
    return path;
  }
};

}  // namespace siam
