#pragma once
// Runs on a grid of two settings: for each measurement a map, in which a cell is a run and has the
// run's last value. Drawn by gnuplot with heat_map.gp.

#include <span>
#include <string>
#include <string_view>

#include "experiments/seeds.h"

namespace siam {

/// A setting, by its name in simsiam/config_table.h, and what to call it.
struct MapAxis {
  std::string setting, title;
};

struct MapAxes {
  MapAxis column, row;
};

/// What heat_map.gp draws; its first lines say what the columns and data sets are. The maps: std of
/// z/|z| times sqrt(d); the effective rank of the projections, if measured, in colours from 1 to d
/// by its logarithm; kNN accuracy (of data without labels recall) in colours around the untrained
/// network's. A run that diverged is a cell that says so, whatever it had measured before; so is a
/// group of seeds of which one did. Error if a run has no such settings.
std::string heat_map_csv(const MapAxes& axes, std::span<const SeedGroup> runs);

/// The maps in one sentence, for those who cannot see them and for a line of a table.
std::string heat_map_summary(std::span<const SeedGroup> runs);

/// heat_map.gp, as it was when the program was built.
std::string_view heat_map_script();

}  // namespace siam
