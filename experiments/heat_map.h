#pragma once
// Runs on a grid of two settings: a map for each measurement, in which each cell shows the last
// value of a run. Drawn by gnuplot with heat_map.gp.

#include <span>
#include <string>
#include <string_view>

#include "experiments/seeds.h"

namespace siam {

/// A setting, by its name in simsiam/config_table.h, and its label.
struct MapAxis {
  std::string setting, title;
};

struct MapAxes {
  MapAxis column, row;
};

/// The input of heat_map.gp, whose first lines describe the columns and data sets. The maps: std of
/// z/|z| times sqrt(d); the effective rank of the projections, if measured, in colours from 1 to d
/// on a logarithmic scale; kNN accuracy (without labels: recall) in colours centred on the
/// untrained network's. A run that diverged is a cell that says so, whatever it had measured
/// before; so is a group of seeds if one of them did. Error if a run has no such settings.
std::string heat_map_csv(const MapAxes& axes, std::span<const SeedGroup> runs);

/// The maps in one sentence, as alternative text and for a row of a table.
std::string heat_map_summary(std::span<const SeedGroup> runs);

/// The text of heat_map.gp at build time.
std::string_view heat_map_script();

}  // namespace siam
